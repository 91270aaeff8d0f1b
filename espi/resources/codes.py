"""The enumerations of ESPI: the number or word on the wire, and what it means.

Most are open: the schema takes any other number too, so an unknown code is unusual, not wrong. Which are closed
stands in `espi.resources.simple`. Source: the 4.0 schema's lists, in our own words.
"""

from __future__ import annotations

import enum


def _numbered(table: str) -> dict[int, str]:
    """`0 none; 1 ten minutes` as a dictionary."""
    pairs = (entry.split(maxsplit=1) for entry in table.split(";"))
    return {int(code): " ".join(meaning.split()) for code, meaning in pairs}


def _words(table: str) -> dict[int | str, str]:
    """`connected: energised; other: anything else` as a dictionary; a word alone means itself."""
    pairs = (" ".join(entry.split()).partition(": ") for entry in table.split(";"))
    return {word: meaning or word for word, _, meaning in pairs}


class Quality(enum.IntEnum):
    """Values of QualityOfReading that our own code names."""

    VALID = 0
    MANUALLY_EDITED = 7
    ESTIMATED_BY_REFERENCE_DAY = 8
    ESTIMATED_BY_INTERPOLATION = 9
    QUESTIONABLE = 10
    DERIVED = 11
    PROJECTED = 12
    MIXED = 13
    RAW = 14
    NORMALIZED_FOR_WEATHER = 15
    OTHER = 16
    VALIDATED = 17
    VERIFIED = 18
    REVENUE_QUALITY = 19


class Flow(enum.IntEnum):
    """Values of FlowDirectionKind that our own code names."""

    NONE = 0
    FORWARD = 1
    NET = 4
    REVERSE = 19
    TOTAL = 20


class Service(enum.IntEnum):
    """Values of ServiceKind that our own code names."""

    ELECTRICITY = 0
    GAS = 1
    WATER = 2


class Unit(enum.IntEnum):
    """Values of UnitSymbolKind that our own code names."""

    DEGREE_CELSIUS = 23
    VOLT = 29
    WATT = 38
    CUBIC_METRE = 42
    WATT_HOUR = 72
    CUBIC_FOOT = 119
    US_GALLON = 128
    THERM = 169


QUALITY_OF_READING = _numbered(
    """0 valid: passed every check, or was verified; 7 edited or approved by a person;
    8 estimated from a reference day; 9 estimated by linear interpolation; 10 questionable: failed a check;
    11 derived from other data; 12 projected: a forecast; 13 mixed qualities; 14 raw: not yet checked;
    15 adjusted for weather; 16 other; 17 validated under approved procedures; 18 verified: failed a check, judged
    real; 19 good enough to bill on"""
)

SERVICE_KIND = _numbered(
    """0 electricity; 1 gas; 2 water; 3 time; 4 heat; 5 refuse; 6 sewerage; 7 rates: tax, toll, parking; 8 TV licence;
    9 internet"""
)

ACCUMULATION_KIND = _numbered(
    """0 does not apply; 1 register total, as on a dial; 2 running sum with the present period; 3 running sum that
    grows at a demand reset; 4 difference over the interval: a load profile; 6 needle value, averaged over a moment;
    9 sum of certain times only; 10 computed with a delay; 12 momentary sample;
    13 running sum that sticks at its limit; 14 running sum that stops at its limit and may move back"""
)

COMMODITY_KIND = _numbered(
    """0 none; 1 electricity, metered on the secondary side; 2 electricity, metered on the primary side;
    3 communication; 4 air; 5 insulating gas; 6 insulating oil; 7 natural gas; 8 propane; 9 drinking water;
    10 steam; 11 waste water; 12 heating fluid; 13 cooling fluid; 14 reclaimed water; 15 NOx; 16 SO2; 17 CH4;
    18 CO2; 19 carbon; 20 HCH; 21 PFC; 22 SF6; 23 TV licence; 24 internet; 25 refuse; 26 electricity, metered at
    transmission voltage"""
)

DATA_QUALIFIER_KIND = _numbered(
    """0 none; 2 average; 4 excess over a threshold; 5 high threshold; 7 low threshold; 8 maximum; 9 minimum;
    11 nominal; 12 normal; 16 second highest; 17 second lowest; 23 third highest; 24 fourth highest;
    25 fifth highest; 26 sum"""
)

FLOW_DIRECTION_KIND = _numbered(
    """0 none; 1 forward: delivered to the customer; 2 lagging; 3 leading; 4 net: forward less reverse; 5 Q1 + Q2;
    7 Q1 + Q3; 8 Q1 + Q4; 9 Q1 - Q4; 10 Q2 + Q3; 11 Q2 + Q4; 12 Q2 - Q3; 13 Q3 + Q4; 14 Q3 - Q2; 15 quadrant 1;
    16 quadrant 2; 17 quadrant 3; 18 quadrant 4; 19 reverse: received from the customer;
    20 total: forward plus reverse; 21 total of the phases' absolute values"""
)

MEASUREMENT_KIND = _numbered(
    """0 none; 2 apparentPowerFactor; 3 currency; 4 current; 5 currentAngle; 6 currentImbalance; 7 date; 8 demand;
    9 distance; 10 distortionVoltAmperes; 11 energization; 12 energy; 13 energizationLoadSide; 14 fan; 15 frequency;
    16 Funds; 17 ieee1366ASAI; 18 ieee1366ASIDI; 19 ieee1366ASIFI; 20 ieee1366CAIDI; 21 ieee1366CAIFI;
    22 ieee1366CEMIn; 23 ieee1366CEMSMIn; 24 ieee1366CTAIDI; 25 ieee1366MAIFI; 26 ieee1366MAIFIe; 27 ieee1366SAIDI;
    28 ieee1366SAIFI; 31 lineLosses; 32 losses; 33 negativeSequence; 34 phasorPowerFactor; 35 phasorReactivePower;
    36 positiveSequence; 37 power; 38 powerFactor; 40 quantityPower; 41 sag; 42 swell; 43 switchPosition;
    44 tapPosition; 45 tariffRate; 46 temperature; 47 totalHarmonicDistortion; 48 transformerLosses;
    49 unipedeVoltageDip10to15; 50 unipedeVoltageDip15to30; 51 unipedeVoltageDip30to60; 52 unipedeVoltageDip60to90;
    53 unipedeVoltageDip90to100; 54 voltage; 55 voltageAngle; 56 voltageExcursion; 57 voltageImbalance; 58 volume;
    59 zeroFlowDuration; 60 zeroSequence; 64 distortionPowerFactor; 81 frequencyExcursion; 90 applicationContext;
    91 apTitle; 92 assetNumber; 93 bandwidth; 94 batteryVoltage; 95 broadcastAddress; 96 deviceAddressType1;
    97 deviceAddressType2; 98 deviceAddressType3; 99 deviceAddressType4; 100 deviceClass;
    101 electronicSerialNumber; 102 endDeviceID; 103 groupAddressType1; 104 groupAddressType2;
    105 groupAddressType3; 106 groupAddressType4; 107 ipAddress; 108 macAddress; 109 mfgAssignedConfigurationID;
    110 mfgAssignedPhysicalSerialNumber; 111 mfgAssignedProductNumber; 112 mfgAssignedUniqueCommunicationAddress;
    113 multiCastAddress; 114 oneWayAddress; 115 signalStrength; 116 twoWayAddress; 117 signaltoNoiseRatio;
    118 alarm; 119 batteryCarryover; 120 dataOverflowAlarm; 121 demandLimit; 122 demandReset; 123 diagnostic;
    124 emergencyLimit; 125 encoderTamper; 126 ieee1366MomentaryInterruption;
    127 ieee1366MomentaryInterruptionEvent; 128 ieee1366SustainedInterruption; 129 interruptionBehaviour;
    130 inversionTamper; 131 loadInterrupt; 132 loadShed; 133 maintenance; 134 physicalTamper; 135 powerLossTamper;
    136 powerOutage; 137 powerQuality; 138 powerRestoration; 139 programmed; 140 pushbutton; 141 relayActivation;
    142 relayCycle; 143 removalTamper; 144 reprogrammingTamper; 145 reverseRotationTamper; 146 switchArmed;
    147 switchDisabled; 148 tamper; 149 watchdogTimeout; 150 billLastPeriod; 151 billToDate; 152 billCarryover;
    153 connectionFee; 154 audibleVolume; 155 volumetricFlow"""
)

PHASE_CODE_KIND = _numbered(
    """0 none; 16 N; 17 NG; 32 C; 33 CN; 40 CAv; 41 ACN; 64 B; 65 BN; 66 BC; 72 BAv; 96 AC; 97 BCN; 128 A; 129 AN;
    132 AB; 136 AtoAv; 193 ABN; 224 ABC; 225 ABCN; 256 S2; 272 S2N; 512 S1; 528 S1N; 768 S12; 769 S12N: split phase;
    784 S12N"""
)

UNIT_MULTIPLIER_KIND = _numbered(
    """-12 pico; -9 nano; -6 micro; -3 milli; -2 centi; -1 deci; 0 one; 1 deca; 2 hecto; 3 kilo; 6 mega; 9 giga;
    12 tera"""
)

TIME_PERIOD_OF_INTEREST = _numbered(
    """0 none; 8 billing period; 11 day; 13 month; 22 season; 24 week; 32 a period given elsewhere"""
)

TIME_ATTRIBUTE_KIND = _numbered(
    """0 none; 1 10 minutes; 2 15 minutes; 3 1 minute; 4 24 hours; 5 30 minutes; 6 5 minutes; 7 60 minutes;
    10 2 minutes; 14 3 minutes; 15 present; 16 previous; 31 20 minutes; 50 fixed block of 60 minutes;
    51 fixed block of 30 minutes; 52 fixed block of 20 minutes; 53 fixed block of 15 minutes;
    54 fixed block of 10 minutes; 55 fixed block of 5 minutes; 56 fixed block of 1 minute;
    57 rolling 60 by 30 minutes; 58 rolling 60 by 20 minutes; 59 rolling 60 by 15 minutes;
    60 rolling 60 by 12 minutes; 61 rolling 60 by 10 minutes; 62 rolling 60 by 6 minutes;
    63 rolling 60 by 5 minutes; 64 rolling 60 by 4 minutes; 65 rolling 30 by 15 minutes;
    66 rolling 30 by 10 minutes; 67 rolling 30 by 6 minutes; 68 rolling 30 by 5 minutes; 69 rolling 30 by 3 minutes;
    70 rolling 30 by 2 minutes; 71 rolling 15 by 5 minutes; 72 rolling 15 by 3 minutes; 73 rolling 15 by 1 minute;
    74 rolling 10 by 5 minutes; 75 rolling 10 by 2 minutes; 76 rolling 10 by 1 minute; 77 rolling 5 by 1 minute"""
)

UNIT_SYMBOL_KIND = _numbered(
    """0 none; 2 m; 3 g; 4 rev/s; 5 A; 6 K; 7 mol; 8 cd; 9 °; 10 rad; 11 sr; 21 Gy; 22 Bq; 23 °C; 24 Sv; 25 F; 27 s;
    28 H; 29 V; 30 Ω; 31 J; 32 N; 33 Hz; 34 lx; 35 lm; 36 Wb; 37 T; 38 W; 39 Pa; 41 m²; 42 m³; 43 m/s; 44 m/s²;
    45 m³/s; 46 m/m³; 47 kg m; 48 kg/m³; 49 m²/s; 50 W/(m K); 51 J/K; 53 S; 54 rad/s; 61 VA; 63 var; 65 cos θ;
    66 V s; 67 V²; 68 A s; 69 A²; 70 A² s; 71 VAh; 72 Wh; 73 varh; 74 V/Hz; 75 Hz/s; 76 characters; 77 characters/s;
    78 g m²; 79 bel; 80 money; 81 W/s; 82 L/s; 100 quantity power; 101 quantity energy; 102 Ω m; 103 A/m; 104 V² h;
    105 A² h; 106 Ah; 107 Wh/m³; 108 time stamp; 109 status; 111 count; 113 Bm; 114 code; 115 Wh/rev; 116 varh/rev;
    117 VAh/rev; 118 event code; 119 ft³; 120 ft³ compensated; 123 ft³/h compensated; 125 m³/h;
    126 m³/h compensated; 127 m³/h uncompensated; 128 US gal; 129 US gal/h; 130 imp gal; 131 imp gal/h; 132 BTU;
    133 BTU/h; 134 L; 137 L/h; 138 L/h compensated; 139 L/h uncompensated; 140 Pa gauge; 141 psi absolute;
    142 psi gauge; 143 L/L; 144 g/g; 145 mol/m³; 146 mol/mol; 147 mol/kg; 148 m/m; 149 s/s; 150 Hz/Hz; 151 V/V;
    152 A/A; 153 W/VA; 154 rev; 155 Pa absolute; 156 L uncompensated; 157 L compensated; 158 kat; 159 min; 160 h;
    161 Q45; 162 Q60; 163 Q45h; 164 Q60h; 165 J/kg; 166 m³ uncompensated; 167 m³ compensated; 168 W/W; 169 therm"""
)

CURRENCY = _numbered(
    """0 other; 36 AUD; 124 CAD; 156 CNY; 208 DKK; 356 INR; 392 JPY; 578 NOK; 643 RUB; 752 SEK; 756 CHF; 826 GBP;
    840 USD; 978 EUR"""
)
"""ISO 4217 numbers the schema lists; every other one is allowed too."""

ITEM_KIND = _numbered(
    """1 energy generation fee; 2 energy delivery fee; 3 energy usage fee; 4 administrative fee; 5 tax;
    6 generation credit; 7 delivery credit; 8 administrative credit; 9 payment of an earlier bill;
    10 for information only"""
)

DATA_CUSTODIAN_APPLICATION_STATUS = _numbered("1 in review; 2 live; 3 on hold; 4 revoked")
THIRD_PARTY_APPLICATION_STATUS = _numbered("1 in development; 2 in test; 3 live; 4 retired")
THIRD_PARTY_APPLICATION_TYPE = _numbered("1 web; 2 desktop; 3 mobile; 4 device")
THIRD_PARTY_APPLICATION_USE = _numbered(
    """1 energy management; 2 comparison; 3 government; 4 academic; 5 law enforcement"""
)
AUTHORIZATION_STATUS = _numbered("0 revoked; 1 active; 2 denied")
SERVICE_STATUS = _numbered("0 not available; 1 normal")
CRUD_OPERATION = _numbered("0 create; 1 read; 2 update; 3 delete")
MEASUREMENT_PROTOCOL = _numbered("0 IEEE 1519-2009; 1 EN 50160")
USAGE_POINT_STATUS = _numbered("0 off; 1 on")

STATUS_CODE = _numbered(
    """200 done; 201 created; 202 accepted; 204 no content; 301 moved for good; 302 elsewhere for now; 304 not changed;
    400 bad request; 401 not authenticated; 403 forbidden; 404 not found; 405 method not allowed; 410 gone;
    500 server error"""
)

TOKEN_ENDPOINT_METHOD = _words("client_secret_basic: HTTP basic authentication")
GRANT_TYPE = _words(
    """authorization_code: a customer's grant; client_credentials: the client for itself; refresh_token: a renewal"""
)
RESPONSE_TYPE = _words("code: an authorization code")
TOKEN_TYPE = _words("Bearer: whoever bears it may use it")
OAUTH_ERROR = _words(
    """invalid_request; invalid_client; invalid_grant; unauthorized_client; unsupported_grant_type; invalid_scope;
    invalid_redirect_uri; invalid_client_metadata; invalid_client_id: deprecated; access_denied;
    unsupported_response_type; server_error; temporarily_unavailable"""
)
AMI_BILLING_READY_KIND = _words(
    """amiCapable: could communicate, does not yet; amiDisabled: communication switched off; billingApproved: works and
    is certified for billing; enabled: has communication; nonAmi: has none; nonMetered: no meter;
    operable: communicates"""
)
USAGE_POINT_CONNECTED_KIND = _words(
    """connected: energised; logicallyDisconnected: by the switch in the meter; physicallyDisconnected: upstream of the
    meter"""
)
ENROLLMENT_STATUS = _words("unenrolled: not enrolled; enrolled; enrolledPending: asked for, not yet in force")
BUCKET_KIND = _words("tou: time-of-use bucket; cpp: critical-peak bucket; consumptiontier: tier by the amount consumed")
APNODE_TYPE = _words(
    """AG: aggregated generation; CPZ: custom price zone; DPZ: default price zone; LAP: load aggregation point;
    TH: trading hub; SYS: system zone; CA: control area; DCA: designated congestion area; GA: generic aggregation;
    GH: generic hub; EHV: 500 kV aggregate; ZN: zone; INT: interface; BUS: bus"""
)
ANODE_TYPE = _words(
    """SYS: system zone; RUC: residual unit commitment zone; LFZ: load forecast zone; REG: market region;
    AGR: aggregated generation; POD: point of delivery; ALR: aggregated load;
    LTAC: transmission access charge group; ACA: adjacent control area; ASR: aggregated system resource;
    ECA: embedded control area"""
)

CUSTOMER_KIND = _words(
    """residential; residentialAndCommercial; residentialAndStreetlight; residentialStreetlightOthers;
    residentialFarmService; commercialIndustrial; pumpingLoad; windMachine; energyServiceSupplier;
    energyServiceScheduler; enterprise; regionalOperator; subsidiary; internalUse; other"""
)
SUPPLIER_KIND = _words(
    """utility: delivers; retailer: sells; other; lse: load-serving entity; mdma: meter data management agent;
    msp: meter service provider"""
)
NOTIFICATION_METHOD_KIND = _words("call; email; letter; other; ivr: a voice menu")
METER_MULTIPLIER_KIND = _words(
    """kH: watt-hours a disk revolution; transformerRatio: current times voltage transformer ratio;
    kR: register multiplier; kE: pulse constant; ctRatio: current transformer ratio;
    ptRatio: voltage transformer ratio"""
)
PROGRAM_DATE_KIND = _words(
    """CUST_DR_PROGRAM_ENROLLMENT_DATE: enrolled; CUST_DR_PROGRAM_DE_ENROLLMENT_DATE: left;
    CUST_DR_PROGRAM_TERM_DATE_REGARDLESS_FINANCIAL: ends in any case; CUST_DR_PROGRAM_TERM_DATE_WITHOUT_FINANCIAL:
    may end without a payment"""
)
MEDIA_TYPE = _words(
    """application/json; application/pdf; application/vnd.ms-excel; application/vnd.oasis.opendocument.spreadsheet;
    application/vnd.oasis.opendocument.text; application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;
    application/zip; image/gif; image/jpeg; image/png; text/csv; text/html; text/plain; text/rtf; text/xml"""
)
