"""The function blocks of the Green Button certification: number, name, whether a custodian must offer it.

Names are the Alliance's present ones. Block 41 and 44 changed places at one time; these are today's meanings.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FunctionBlock:
    """A function block.

    need: `M` both profiles, `C` Connect My Data, `D` Download My Data, `o` optional, `L` legacy.
    """

    number: int
    name: str
    need: str

    @property
    def code(self) -> str:
        """How documents write it: `FB_01`."""
        return f"FB_{self.number:02d}"


FB_01 = FunctionBlock(1, "Usage Data Common", "M")
FB_02 = FunctionBlock(2, "Usage Data Download My Data", "D")
FB_03 = FunctionBlock(3, "Usage Data Connect My Data", "C")
FB_04 = FunctionBlock(4, "Interval Metering", "M")
FB_05 = FunctionBlock(5, "Electricity Interval Metering", "o")
FB_06 = FunctionBlock(6, "Demand Electricity Metering", "o")
FB_07 = FunctionBlock(7, "Net Electricity Metering", "o")
FB_08 = FunctionBlock(8, "Forward and Reverse Electricity Metering", "o")
FB_09 = FunctionBlock(9, "Register Values Electricity Metering", "o")
FB_10 = FunctionBlock(10, "Natural Gas Interval Metering", "o")
FB_11 = FunctionBlock(11, "Water Interval Metering", "o")
FB_12 = FunctionBlock(12, "Cost of Interval Data", "o")
FB_13 = FunctionBlock(13, "Security and Privacy Classes", "C")
FB_14 = FunctionBlock(14, "Authorization and Authentication (OAuth) with Pre-Negotiated Scope", "L")
FB_15 = FunctionBlock(15, "Usage Summary", "o")
FB_16 = FunctionBlock(16, "Usage Summary with Cost", "o")
FB_17 = FunctionBlock(17, "Electricity Power Quality Summary", "o")
FB_18 = FunctionBlock(18, "Multiple Usage Points", "L")
FB_19 = FunctionBlock(19, "Partial Update Data", "L")
FB_26 = FunctionBlock(26, "Usage Summary Billing Details", "o")
FB_27 = FunctionBlock(27, "Usage Summary with Demands and Previous Day Attributes", "o")
FB_28 = FunctionBlock(28, "Usage Summary Costs for Current Billing Period", "o")
FB_29 = FunctionBlock(29, "Temperature Interval Metering", "o")
FB_30 = FunctionBlock(30, "Usage Data Common User Experience", "D")
FB_31 = FunctionBlock(31, "Authorization and Authentication without Pre-Negotiated Scope", "C")
FB_32 = FunctionBlock(32, "Resource Level REST", "L")
FB_33 = FunctionBlock(33, "Management REST Interfaces", "L")
FB_34 = FunctionBlock(34, "SFTP for Usage Data Bulk", "o")
FB_35 = FunctionBlock(35, "REST for Usage Data Bulk", "o")
FB_36 = FunctionBlock(36, "Third Party Dynamic Registration", "L")
FB_37 = FunctionBlock(37, "Query Parameters", "C")
FB_38 = FunctionBlock(38, "On Demand Requests", "L")
FB_39 = FunctionBlock(39, "PUSH Model", "C")
FB_40 = FunctionBlock(40, "Offline Authorization", "o")
FB_41 = FunctionBlock(41, "Manage ApplicationInformation", "o")
FB_42 = FunctionBlock(42, "Third Party Core REST Services", "L")
FB_43 = FunctionBlock(43, "Third Party Management REST", "L")
FB_44 = FunctionBlock(44, "Manage Authorization", "o")
FB_46 = FunctionBlock(46, "Core RetailCustomer", "L")
FB_47 = FunctionBlock(47, "REST for RetailCustomer Bulk", "L")
FB_48 = FunctionBlock(48, "SFTP for RetailCustomer Bulk", "L")
FB_49 = FunctionBlock(49, "RetailCustomer Management REST", "L")
FB_50 = FunctionBlock(50, "RetailCustomer Resource Level REST", "L")
FB_51 = FunctionBlock(51, "Retail Customer Common", "M")
FB_52 = FunctionBlock(52, "Retail Customer Download My Data", "D")
FB_53 = FunctionBlock(53, "Retail Customer Connect My Data", "C")
FB_54 = FunctionBlock(54, "Basic Information", "o")
FB_55 = FunctionBlock(55, "Demographic Information", "o")
FB_56 = FunctionBlock(56, "Billing Information", "o")
FB_57 = FunctionBlock(57, "Account-Agreement Information", "o")
FB_58 = FunctionBlock(58, "Service-Location Information", "o")
FB_59 = FunctionBlock(59, "Service-Supplier Information", "o")
FB_60 = FunctionBlock(60, "Meter Information", "o")
FB_61 = FunctionBlock(61, "End-Device Information", "o")
FB_62 = FunctionBlock(62, "Program-Date-ID-Mappings Information", "o")
FB_63 = FunctionBlock(63, "Retail Customer Common User Experience", "D")
FB_64 = FunctionBlock(64, "Retail Customer Security and Privacy Class", "C")
FB_65 = FunctionBlock(65, "Retail Customer Authorization and Authentication", "C")
FB_66 = FunctionBlock(66, "SFTP for Retail Customer Bulk", "o")
FB_67 = FunctionBlock(67, "REST for Retail Customer Bulk", "o")
FB_69 = FunctionBlock(69, "Retail Customer PUSH Model", "C")
FB_70 = FunctionBlock(70, "Retail Customer Offline Authorization", "o")
FB_71 = FunctionBlock(71, "Retail Customer Billing Statement", "o")

BLOCKS: dict[int, FunctionBlock] = {
    block.number: block for block in tuple(globals().values()) if isinstance(block, FunctionBlock)
}
"""Every function block by its number. 68 is reserved, and 99 is a test kit's name for everything optional at once."""
