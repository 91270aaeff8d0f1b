"""Every table, with two notes on each: what distributes it and how long it is kept.

`info["distribute"]` is the column a Citus cluster distributes the table by (its primary key then holds that column),
or None for a reference table. `info["keep"]` names the day column by which old rows expire, or None. Times are epoch
seconds in UTC (`..._s`), days are local day numbers (`espi.clock`), spans hold `from_day` and not `until_day`.
"""

from __future__ import annotations

from espi.store.tables.accounts import login_party, one_time, passkey, recovery_code
from espi.store.tables.alerts import alert, alert_rule
from espi.store.tables.change_requests import change_comment, change_request, change_vote
from espi.store.tables.claims import file_claim
from espi.store.tables.columns import METADATA
from espi.store.tables.companies import colleague_invitation, company_milestone
from espi.store.tables.completeness import completeness, silent_meter
from espi.store.tables.consent import (
    authorization,
    authorization_code,
    authorization_usage_point,
    client,
    client_secret,
    proof_seen,
    pushed_request,
    third_party,
    token,
)
from espi.store.tables.delivery import delivery, delivery_attempt, event, exchange, fault, job, prepared_part, quota
from espi.store.tables.desk import (
    canned_reply,
    case_act,
    lookup_case,
    notice,
    notice_reader,
    role_proposal,
    standing_step,
    ticket,
    ticket_message,
)
from espi.store.tables.devices import (
    device_agreement,
    device_enrolment,
    home_command,
    home_device,
    home_network,
    home_report,
    home_target,
)
from espi.store.tables.holdings import holding
from espi.store.tables.holds import legal_hold
from espi.store.tables.invitations import invitation, receipt
from espi.store.tables.market import happening, history_request, market_event, parked_event
from espi.store.tables.market_counts import market_count
from espi.store.tables.metering import (
    channel,
    day_block,
    day_block_version,
    deployment,
    meter,
    meter_installation,
    power_quality_summary,
    reading_type,
    register_read,
    usage_point,
    usage_summary,
    utility,
)
from espi.store.tables.months import closed_month, month_block
from espi.store.tables.on_demand import on_demand_read
from espi.store.tables.parties import customer, login, rep, rep_of_record, session, tenancy
from espi.store.tables.party_files import party_file, party_file_grant, party_file_pickup, party_key
from espi.store.tables.record import audit, parked_block, received_file, refused_block
from espi.store.tables.served import bulk_request, rep_count
from espi.store.tables.tours import tour
from espi.store.tables.uploads import brand, upload, upload_piece
from espi.store.tables.vee import vee_result

__all__ = [
    "METADATA",
    "alert",
    "alert_rule",
    "audit",
    "authorization",
    "authorization_code",
    "authorization_usage_point",
    "brand",
    "bulk_request",
    "canned_reply",
    "case_act",
    "change_comment",
    "change_request",
    "change_vote",
    "channel",
    "client",
    "client_secret",
    "closed_month",
    "colleague_invitation",
    "company_milestone",
    "completeness",
    "customer",
    "day_block",
    "day_block_version",
    "delivery",
    "delivery_attempt",
    "deployment",
    "device_agreement",
    "device_enrolment",
    "event",
    "exchange",
    "fault",
    "file_claim",
    "happening",
    "history_request",
    "holding",
    "home_command",
    "home_device",
    "home_network",
    "home_report",
    "home_target",
    "invitation",
    "job",
    "legal_hold",
    "login",
    "login_party",
    "lookup_case",
    "market_count",
    "market_event",
    "meter",
    "meter_installation",
    "month_block",
    "notice",
    "notice_reader",
    "on_demand_read",
    "one_time",
    "parked_block",
    "parked_event",
    "party_file",
    "party_file_grant",
    "party_file_pickup",
    "party_key",
    "passkey",
    "power_quality_summary",
    "prepared_part",
    "proof_seen",
    "pushed_request",
    "quota",
    "reading_type",
    "receipt",
    "received_file",
    "recovery_code",
    "refused_block",
    "register_read",
    "rep",
    "rep_count",
    "rep_of_record",
    "role_proposal",
    "session",
    "silent_meter",
    "standing_step",
    "tenancy",
    "third_party",
    "ticket",
    "ticket_message",
    "token",
    "tour",
    "upload",
    "upload_piece",
    "usage_point",
    "usage_summary",
    "utility",
    "vee_result",
]
