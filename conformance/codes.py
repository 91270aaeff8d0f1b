"""The codes that the standard lists, with a word for each; the schema lets other numbers and words pass."""

from __future__ import annotations

from collections.abc import Mapping


def _listed(words: str) -> frozenset[str]:
    """The words as a set."""
    return frozenset(words.split())


def _numbered(table: str) -> dict[str, str]:
    """`0 none; 1 tenMinute` as a dictionary."""
    pairs = (entry.split(maxsplit=1) for entry in table.split(";"))
    return {code: " ".join(meaning.split()) for code, meaning in pairs}


SERVICE: Mapping[str, str] = _numbered("""
    0 electricity; 1 gas; 2 water; 3 time; 4 heat; 5 refuse; 6 sewerage; 7 rates; 8 television licence; 9 internet
""")
"""ServiceCategory/kind."""

ACCUMULATION: Mapping[str, str] = _numbered("""
    0 none; 1 bulk quantity; 2 continuous cumulative; 3 cumulative; 4 delta data; 6 indicating; 9 summation; 10 time
    delay; 12 instantaneous; 13 latching quantity; 14 bounded quantity
""")
"""ReadingType/accumulationBehaviour."""

COMMODITY: Mapping[str, str] = _numbered("""
    0 none; 1 electricity; 2 electricity at primary voltage; 3 communication; 4 air; 5 insulating gas; 6 insulating
    oil; 7 natural gas; 8 propane; 9 drinking water; 10 steam; 11 waste water; 12 heating fluid; 13 cooling fluid;
    14 non-potable water; 15 nox; 16 so2; 17 ch4; 18 co2; 19 carbon; 20 hch; 21 pfc; 22 sf6; 23 television licence;
    24 internet; 25 refuse; 26 electricity at transmission voltage
""")
"""commodity."""

QUALIFIER: Mapping[str, str] = _numbered("""
    0 none; 2 average; 4 excess; 5 high threshold; 7 low threshold; 8 maximum; 9 minimum; 11 nominal; 12 normal; 16
    second maximum; 17 second minimum; 23 third maximum; 24 fourth maximum; 25 fifth maximum; 26 sum
""")
"""ReadingType/dataQualifier."""

FLOW: Mapping[str, str] = _numbered("""
    0 none; 1 forward; 2 lagging; 3 leading; 4 net; 5 q1plusQ2; 7 q1plusQ3; 8 q1plusQ4; 9 q1minusQ4; 10 q2plusQ3; 11
    q2plusQ4; 12 q2minusQ3; 13 q3plusQ4; 14 q3minusQ2; 15 quadrant1; 16 quadrant2; 17 quadrant3; 18 quadrant4; 19
    reverse; 20 total; 21 totalByPhase
""")
"""ReadingType/flowDirection."""

KIND: Mapping[str, str] = _numbered("""
    0 none; 2 apparentPowerFactor; 3 currency; 4 current; 5 currentAngle; 6 currentImbalance; 7 date; 8 demand; 9
    distance; 10 distortionVoltAmperes; 11 energization; 12 energy; 13 energizationLoadSide; 14 fan; 15 frequency;
    16 funds; 17 ieee1366ASAI; 18 ieee1366ASIDI; 19 ieee1366ASIFI; 20 ieee1366CAIDI; 21 ieee1366CAIFI; 22
    ieee1366CEMIn; 23 ieee1366CEMSMIn; 24 ieee1366CTAIDI; 25 ieee1366MAIFI; 26 ieee1366MAIFIe; 27 ieee1366SAIDI; 28
    ieee1366SAIFI; 31 lineLosses; 32 losses; 33 negativeSequence; 34 phasorPowerFactor; 35 phasorReactivePower; 36
    positiveSequence; 37 power; 38 powerFactor; 40 quantityPower; 41 sag; 42 swell; 43 switchPosition; 44
    tapPosition; 45 tariffRate; 46 temperature; 47 totalHarmonicDistortion; 48 transformerLosses; 49
    unipedeVoltageDip10to15; 50 unipedeVoltageDip15to30; 51 unipedeVoltageDip30to60; 52 unipedeVoltageDip60to90; 53
    unipedeVoltageDip90to100; 54 voltage; 55 voltageAngle; 56 voltageExcursion; 57 voltageImbalance; 58 volume; 59
    zeroFlowDuration; 60 zeroSequence; 64 distortionPowerFactor; 81 frequencyExcursion; 90 applicationContext; 91
    apTitle; 92 assetNumber; 93 bandwidth; 94 batteryVoltage; 95 broadcastAddress; 96 deviceAddressType1; 97
    deviceAddressType2; 98 deviceAddressType3; 99 deviceAddressType4; 100 deviceClass; 101 electronicSerialNumber;
    102 endDeviceID; 103 groupAddressType1; 104 groupAddressType2; 105 groupAddressType3; 106 groupAddressType4; 107
    ipAddress; 108 macAddress; 109 mfgAssignedConfigurationID; 110 mfgAssignedPhysicalSerialNumber; 111
    mfgAssignedProductNumber; 112 mfgAssignedUniqueCommunicationAddress; 113 multiCastAddress; 114 oneWayAddress;
    115 signalStrength; 116 twoWayAddress; 117 signaltoNoiseRatio; 118 alarm; 119 batteryCarryover; 120
    dataOverflowAlarm; 121 demandLimit; 122 demandReset; 123 diagnostic; 124 emergencyLimit; 125 encoderTamper; 126
    ieee1366MomentaryInterruption; 127 ieee1366MomentaryInterruptionEvent; 128 ieee1366SustainedInterruption; 129
    interruptionBehaviour; 130 inversionTamper; 131 loadInterrupt; 132 loadShed; 133 maintenance; 134
    physicalTamper; 135 powerLossTamper; 136 powerOutage; 137 powerQuality; 138 powerRestoration; 139 programmed;
    140 pushbutton; 141 relayActivation; 142 relayCycle; 143 removalTamper; 144 reprogrammingTamper; 145
    reverseRotationTamper; 146 switchArmed; 147 switchDisabled; 148 tamper; 149 watchdogTimeout; 150 billLastPeriod;
    151 billToDate; 152 billCarryover; 153 connectionFee; 154 audibleVolume; 155 volumetricFlow
""")
"""ReadingType/kind: what is measured."""

PERIOD: Mapping[str, str] = _numbered("""
    0 none; 8 billingPeriod; 11 daily; 13 monthly; 22 seasonal; 24 weekly; 32 specifiedPeriod
""")
"""ReadingType/timeAttribute: the period of interest."""

MEASURING: Mapping[str, str] = _numbered("""
    0 none; 1 tenMinute; 2 fifteenMinute; 3 oneMinute; 4 twentyfourHour; 5 thirtyMinute; 6 fiveMinute; 7
    sixtyMinute; 10 twoMinute; 14 threeMinute; 15 present; 16 previous; 31 twentyMinute; 50 fixedBlock60Min; 51
    fixedBlock30Min; 52 fixedBlock20Min; 53 fixedBlock15Min; 54 fixedBlock10Min; 55 fixedBlock5Min; 56
    fixedBlock1Min; 57 rollingBlock60MinIntvl30MinSubIntvl; 58 rollingBlock60MinIntvl20MinSubIntvl; 59
    rollingBlock60MinIntvl15MinSubIntvl; 60 rollingBlock60MinIntvl12MinSubIntvl; 61
    rollingBlock60MinIntvl10MinSubIntvl; 62 rollingBlock60MinIntvl6MinSubIntvl; 63
    rollingBlock60MinIntvl5MinSubIntvl; 64 rollingBlock60MinIntvl4MinSubIntvl; 65
    rollingBlock30MinIntvl15MinSubIntvl; 66 rollingBlock30MinIntvl10MinSubIntvl; 67
    rollingBlock30MinIntvl6MinSubIntvl; 68 rollingBlock30MinIntvl5MinSubIntvl; 69
    rollingBlock30MinIntvl3MinSubIntvl; 70 rollingBlock30MinIntvl2MinSubIntvl; 71
    rollingBlock15MinIntvl5MinSubIntvl; 72 rollingBlock15MinIntvl3MinSubIntvl; 73
    rollingBlock15MinIntvl1MinSubIntvl; 74 rollingBlock10MinIntvl5MinSubIntvl; 75
    rollingBlock10MinIntvl2MinSubIntvl; 76 rollingBlock10MinIntvl1MinSubIntvl; 77 rollingBlock5MinIntvl1MinSubIntvl
""")
"""ReadingType/measuringPeriod: how an interval is formed."""

PHASE: Mapping[str, str] = _numbered("""
    0 none; 16 N; 17 NG; 32 C; 33 CN; 40 CAv; 41 ACN; 64 B; 65 BN; 66 BC; 72 BAv; 96 AC; 97 BCN; 128 A; 129 AN; 132
    AB; 136 AtoAv; 193 ABN; 224 ABC; 225 ABCN; 256 S2; 272 S2N; 512 S1; 528 S1N; 768 S12; 769 S12N; 784 S12N
""")
"""phase, phaseCode."""

UNIT: Mapping[str, str] = _numbered("""
    0 none; 2 m; 3 g; 4 revPerSec; 5 A; 6 kelvin; 7 mol; 8 cd; 9 deg; 10 rad; 11 sr; 21 gy; 22 bq; 23 °C; 24 sv; 25
    F; 27 sec; 28 H; 29 V; 30 ohm; 31 joule; 32 n; 33 Hz; 34 lx; 35 lm; 36 wb; 37 t; 38 W; 39 pa; 41 m2; 42 m³; 43
    mPerSec; 44 mPerSec2; 45 m3PerSec; 46 mPerM3; 47 kgM; 48 kgPerM3; 49 m2PerSec; 50 wPerMK; 51 jPerK; 53 siemens;
    54 radPerSec; 61 VA; 63 VAr; 65 cosTheta; 66 Vs; 67 V2; 68 As; 69 A2; 70 A2s; 71 VAh; 72 Wh; 73 VArh; 74 VPerHz;
    75 HzPerSec; 76 char; 77 charPerSec; 78 gM2; 79 b; 80 money; 81 WPerSec; 82 litrePerSec; 100 q; 101 qh; 102
    ohmM; 103 APerM; 104 V2h; 105 A2h; 106 Ah; 107 WhPerM3; 108 timeStamp; 109 status; 111 count; 113 bm; 114 code;
    115 WhPerRev; 116 VArhPerRev; 117 VAhPerRev; 118 meCode; 119 ft³; 120 ft³ compensated; 123 ft3compensatedPerH;
    125 m3PerH; 126 m3compensatedPerH; 127 m3uncompensatedPerH; 128 US gallon; 129 usGalPerH; 130 imperial gallon;
    131 imperialGalPerH; 132 BTU; 133 btuPerH; 134 litre; 137 litrePerH; 138 litreCompensatedPerH; 139
    litreUncompensatedPerH; 140 paG; 141 psiA; 142 psiG; 143 litrePerLitre; 144 gPerG; 145 molPerM3; 146 molPerMol;
    147 molPerKg; 148 mPerM; 149 secPerSec; 150 HzPerHz; 151 VPerV; 152 APerA; 153 WPerVA; 154 rev; 155 paA; 156
    litreUncompensated; 157 litreCompensated; 158 kat; 159 min; 160 h; 161 q45; 162 q60; 163 q45h; 164 q60h; 165
    jPerKg; 166 m3uncompensated; 167 m3compensated; 168 WPerW; 169 therm
""")
"""uom."""

QUALITY: Mapping[str, str] = _numbered("""
    0 valid; 7 manually edited; 8 estimated from a reference day; 9 estimated by interpolation; 10 questionable; 11
    derived; 12 forecast; 13 mixed; 14 raw; 15 normalized for weather; 16 other; 17 validated; 18 verified; 19
    revenue quality
""")
"""quality, defaultQuality, qualityOfReading."""

ITEM: Mapping[str, str] = _numbered("""
    1 energy generation fee; 2 energy delivery fee; 3 energy usage fee; 4 administrative fee; 5 tax; 6 generation
    credit; 7 delivery credit; 8 administrative credit; 9 payment of an earlier bill; 10 for information
""")
"""itemKind of a line item."""

MULTIPLIERS = frozenset({"-12", "-9", "-6", "-3", "-2", "-1", "0", "1", "2", "3", "6", "9", "12"})
"""powerOfTenMultiplier: pico to tera, as they have names."""

CURRENCIES = _listed("""
    0 8 12 32 36 44 48 50 51 52 60 64 68 72 84 90 96 104 108 116 124 132 136 144 152 156 170 174 188 191 192 203 208
    214 222 230 232 238 242 262 270 292 320 324 328 332 340 344 348 352 356 360 364 368 376 388 392 398 400 404 408
    410 414 417 418 422 426 430 434 446 454 458 462 480 484 496 498 504 512 516 524 532 533 548 554 558 566 578 586
    590 598 600 604 608 634 643 646 654 682 690 694 702 704 706 710 728 748 752 756 760 764 776 780 784 788 800 807
    818 826 834 840 858 860 882 886 901 924 925 926 927 928 929 930 931 932 933 934 936 938 940 941 943 944 946 947
    948 949 950 951 952 953 955 956 957 958 959 960 961 962 963 964 965 967 968 969 970 971 972 973 975 976 977 978
    979 980 981 984 985 986 990 994 997 999
""")
"""ISO 4217 numbers, some of them retired; 0 is the standard's own for any other."""

STATUSES: Mapping[str, frozenset[str]] = {
    "ApplicationInformation/dataCustodianApplicationStatus": frozenset("1234"),
    "ApplicationInformation/thirdPartyApplicationStatus": frozenset("1234"),
    "ApplicationInformation/thirdPartyApplicationType": frozenset("1234"),
    "ApplicationInformation/thirdPartyApplicationUse": frozenset("12345"),
    "Authorization/status": frozenset("012"),
    "ServiceStatus/currentStatus": frozenset("01"),
    "ElectricPowerQualitySummary/measurementProtocol": frozenset("01"),
}
"""Small lists of the management resources."""

WORDS: Mapping[str, frozenset[str]] = {
    "Customer/kind": _listed("""
        residential residentialAndCommercial residentialAndStreetlight residentialStreetlightOthers
        residentialFarmService commercialIndustrial pumpingLoad windMachine energyServiceSupplier
        energyServiceScheduler enterprise regionalOperator subsidiary internalUse other
        """),
    "ServiceSupplier/kind": frozenset({"utility", "retailer", "other", "lse", "mdma", "msp"}),
    "CustomerAccount/notifications/methodKind": frozenset({"call", "email", "letter", "other", "ivr"}),
    "Meter/MeterMultipliers/kind": frozenset({"kH", "transformerRatio", "kR", "kE", "ctRatio", "ptRatio"}),
    "ProgramDateIdMappings/programDateIdMapping/programDateType": frozenset(
        {
            "CUST_DR_PROGRAM_ENROLLMENT_DATE",
            "CUST_DR_PROGRAM_DE_ENROLLMENT_DATE",
            "CUST_DR_PROGRAM_TERM_DATE_REGARDLESS_FINANCIAL",
            "CUST_DR_PROGRAM_TERM_DATE_WITHOUT_FINANCIAL",
        }
    ),
    "Statement/statementRef/mediaType": _listed("""
        application/json application/pdf application/vnd.ms-excel application/vnd.oasis.opendocument.spreadsheet
        application/vnd.oasis.opendocument.text application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
        application/zip image/gif image/jpeg image/png text/csv text/html text/plain text/rtf text/xml
        """),
}
"""Codes of retail customer data that are words."""
