"""There is no reading of meter or customer data without a `Reach`, and no way round the gate."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import espi.store
from espi.store.tables import METADATA

SOURCES = Path(espi.store.__file__).parents[1]

WITHOUT_REACH = {
    # what identifies nobody's meter or person
    "channels.daily_type": "a ReadingType, no data",
    "channels.hourly_type": "a ReadingType, no data",
    "channels.reading_type_code": "the hash of what the caller has",
    "channels.reading_type": "a ReadingType, no data",
    "channels.reading_types": "ReadingTypes, no data",
    "channels.monthly_type": "a ReadingType, no data",
    "channels.register_type": "a ReadingType, no data",
    "channels.reading_type_for_lse": "a ReadingType, no data",
    "directory.utilities": "utilities are public",
    "directory.utility": "utilities are public",
    "directory.utility_by_duns": "utilities are public",
    "directory.utility_by_name": "utilities are public",
    "parties.reps": "REPs are public",
    "companies.colleagues": "a company's own logins, no customer's",
    "companies.invited": "whom a company asked to its desk",
    "companies.milestones": "how far a company is on its way to production",
    "market_counts.own_calls": "counts of a company's own calls, nobody's data",
    "quotas.fullest_by_hour": "counts of calls",
    "third_parties.third_parties": "registered applications are public",
    "third_parties.own_programs": "what stands for everybody's own programs",
    "third_parties.own_program": "machinery",
    "third_parties.third_party": "registered applications are public",
    "third_parties.third_party_by_name": "registered applications are public",
    "third_parties.third_party_by_path_id": "registered applications are public",
    # what a token or a client stands for, which the gate is asked about next
    "grants.authorization": "what a token stands for",
    "grants.authorization_by_path_id": "what an address names, for whoever asks the gate next",
    "grants.authorization_by_person": "what an address names, for whoever asks the gate next",
    "grants.authorization_by_subscription": "what an address names, for whoever asks the gate next",
    "grants.authorizations_of": "a third party's own authorizations, no data of meters",
    "grants.client_authorization": "a client's own authorization",
    "grants.ending": "the clock: what is over",
    "grants.running_of_customer": "move-out: what ends with it",
    "grants.left": "move-out: what ends with it",
    "market_events.known_customers": "which numbers are customers', of whom nothing is shown",
    "market_events.known_events": "intake: what the next event adds to",
    "market_events.known_happenings": "intake: what the next event changes",
    "market_events.known_spans": "intake: what the next event changes",
    "market_events.parked_events": "intake: what waits for its usage point",
    # invitations: the link, the number or the three facts are the proof, and the gate is asked when it is answered
    "invitations.invitation_by_link": "an invitation by the secret in its mail",
    "invitations.invitation_by_number": "a third party's own invitation",
    "invitations.invitation_of": "the invitation of an authorization that is known",
    "invitations.invitations_of": "a third party's own invitations",
    "invitations.pending": "the clock: what waits",
    "invitations.premise": "a premise by its three facts, of which nothing is shown",
    "invitations.waiting_for": "a customer's own invitations, by his number",
    "receipts.consent_keys": "public keys",
    # a backup, which the operator's command line makes: whole tables, read by nobody
    "copying.copy_written": "rows into a table",
    "dump.clear": "before a restore",
    "dump.go_on_counting": "after a restore",
    "dump.revision": "the version of the schema",
    "dump.rows_in": "a restore",
    "dump.rows_out": "a backup, sealed before anybody could read it",
    "dump.table_names": "the names of tables",
    "receipts.last_receipt": "what the next receipt of a grant follows",
    "moving.consents": "the export of consents, which the gate lets the operator make; no readings",
    "quotas.used": "how often something was done",
    "identity.ids_for": "ids of names that the caller knows",
    "identity.path_id_for": "an id of a name that the caller knows",
    "identity.uuid_for": "an id of a name that the caller knows",
    # what intake asks before anybody reads: which meters there are, by the numbers that it has
    "channels.channel_numbers": "intake: which channels a usage point has",
    "channels.channel_numbers_by_uuid": "intake: which channel a UUID is",
    "directory.usage_point_id_by_uuid": "intake: the id of a UUID",
    "directory.usage_point_ids": "intake: the id of an ESIID",
    "meter_map.meter_count": "intake: how many usage points there are",
    "meter_map.meters_after": "intake: the ids of ESIIDs",
    "meter_map.meters_by_esiid": "intake: the ids of ESIIDs",
    "directory.usage_point_index": "intake: the id of an ESIID",
    "claims.claim": "which process loads which file, no data of meters",
    "claims.claimable": "which process loads which file, no data of meters",
    "claims.claims": "names and progress of files, for operators",
    "claims.claims_of_name": "names and progress of files, for operators",
    "claims.fail": "which process loads which file, no data of meters",
    "claims.is_clash": "what kind of error one is",
    "claims.is_outage": "what kind of error one is",
    "claims.release": "which process loads which file, no data of meters",
    "claims.renew": "which process loads which file, no data of meters",
    "claims.retry": "names of files, for operators",
    "claims.want": "which process loads which file, no data of meters",
    "jobs.backlog": "how many jobs wait",
    "uploads.cancel": "whether it was not too late",
    "uploads.claims_of": "which process loads which file, no data of meters",
    "uploads.key_of": "machinery",
    "uploads.pieces": "a file that a utility sent, for the job that loads it",
    "uploads.retry": "whether it was set aside",
    "uploads.upload": "a utility's own file; whose it is, is for the caller to see to",
    "uploads.uploads_of": "a utility's own files",
    "uploads.want": "lets a file be loaded",
    "uploads.begin": "the number of a file that arrives",
    "brands.brand_of": "how a utility shows itself is public",
    "brands.brand_at_home": "how the utility of a customer shows itself, nothing of his home",
    "brands.logo_of": "how a utility shows itself is public",
    "event_lists.waiting_events": "events of a utility's own files about meters that nobody knows",
    "sent_files.dismiss": "how many days and events of a utility's own files, nothing of them",
    "sent_files.is_own": "whether a file is a utility's own",
    "sent_files.loaded_since": "names and counts of a utility's own files",
    "sent_files.open_claims": "names and progress of a utility's own files",
    "sent_files.parked_meters": "ESIIDs in a utility's own files that nobody knows",
    "sent_files.received": "names and counts of a utility's own files",
    "queue.files_of_name": "names and counts of files, for operators",
    "claims.busy": "whether files are being loaded",
    "queue.gather": "wakes a job",
    "queue.tell": "queues a job",
    "queue.untold": "names and counts of files, for the job that tells of them",
    "queue.hold": "whether a file is still as far as its loader left it",
    "queue.file": "intake: how far a file is loaded",
    "queue.files": "intake: which files came in",
    "queue.refused": "intake: the lines of a response file",
    "queue.parked": "intake: blocks that wait for their meter",
    "queue.parked_esiids": "intake: meters that blocks wait for",
    "parties.has_customer": "move-in: a number without a person",
    # the proof of who somebody is comes before the gate
    "tours.progress": "how far a login has come on the tour, no data",
    "people.session_login": "a session by its token",
    "people.session_key": "the hash of a session's token",
    "one_time.add": "a new token, to whom it is given",
    "one_time.look": "what a token stands for, by itself",
    "one_time.use_up": "what a token stands for, by itself",
    "accounts.account": "a login's own account",
    "accounts.account_named": "a login by its name, shown to nobody",
    "accounts.end_session": "ends a login's own session",
    "accounts.end_sessions": "ends a login's own sessions, tells how many",
    "accounts.owner_of": "whether somebody can log in for a customer, before anybody is known",
    "accounts.parties_of": "the numbers of a login's own customers",
    "accounts.recovery_codes_left": "how many of a login's own codes are unused",
    "accounts.sessions": "a login's own sessions",
    "accounts.use_recovery_code": "a login by its code",
    "passkeys.by_credential": "a login by its passkey",
    "passkeys.passkeys_of": "a login's own passkeys",
    "passkeys.remove": "removes a login's own passkey",
    "people.party_named": "the number of a party that can log in, for its operator",
    "people.has_login": "whether there is a login, before anybody is known",
    "people.mail_address": "where the system writes to a customer, shown to nobody",
    "people.settle": "a login by its password",
    "people.settle_code": "a login by its code",
    "people.try_password": "a login by its password",
    "clients.client": "a client's own record, by which it proves itself",
    "clients.client_by_client_id": "a client's own record, by which it proves itself",
    "clients.certificates": "public certificates",
    "clients.clients_of": "a party's own clients",
    "clients.secret_matches": "a client by its secret",
    "clients.secret_times": "when a client's own secrets end",
    "clients.change_client": "changes a client, gives nothing back",
    "clients.rotate_secret": "a client's own new secret",
    "tokens.code": "a code, by itself",
    "tokens.expire_authorization_tokens": "ends tokens, tells how many",
    "tokens.has_tokens": "whether any was issued",
    "tokens.issue": "a new token, to whom it is given",
    "tokens.new_family": "a random name",
    "tokens.opened": "what a token stands for",
    "tokens.redeem_code": "a code, by itself",
    "tokens.repeat_refresh": "a refresh token, by itself",
    "tokens.revoke": "ends a token",
    "tokens.revoke_access": "ends tokens",
    "tokens.revoke_authorization": "ends tokens, tells how many",
    "tokens.revoke_family": "ends tokens",
    "tokens.revoke_successors": "ends tokens",
    "tokens.token": "a token, by itself",
    "tokens.use_refresh": "a refresh token, by itself",
    # a client's own calls, for its developer
    "exchanges.by_request_id": "a client's own call",
    "exchanges.exchanges_of": "a client's own calls",
    "exchanges.fault_of": "what a developer wished for",
    "exchanges.note": "writes a client's call, gives nothing back",
    "exchanges.trip": "raises what a developer wished for",
    "pushed.pushed": "what a client has pushed itself",
    "pushed.use_pushed": "what a client has pushed itself",
    # the help desk and the operator
    "cases.cases_by": "an operator's own look-ups",
    "cases.find": "who may be meant: initials and last digits, for whoever opens a case about one of them",
    "cases.of_open_cases": "a relation",
    "cases.open_case": "opens a case, gives its id",
    "cases.open_case_of": "an operator's own look-up",
    "desk.changed_replies": "words of replies, nothing of anybody",
    "desk.close_solved": "how many tickets, nothing of them",
    "desk.counts": "how many tickets, nothing of them",
    "desk.messages": "a ticket's own messages; whose it is, is for the caller to see to",
    "desk.new_number": "machinery",
    "desk.queue": "tickets, which the gate lets the operator answer; no data of meters",
    "desk.ticket": "a ticket by its number; whose it is, is for the caller to see to",
    "desk.tickets_of": "a login's own tickets",
    "desk.totals": "how many tickets, nothing of them",
    "health.delivery_counts": "how many deliveries, nothing of them",
    "health.file_counts": "how many files, nothing of them",
    "health.job_counts": "how many jobs, nothing of them",
    "health.oldest_due_s": "since when the queue waits",
    "health.stuck": "how many jobs, nothing of them",
    "notices.notice": "notices are public",
    "notices.notices": "notices are public",
    "notices.readers": "where the system mails notices to, shown to nobody",
    "notices.reads_by_mail": "a login's own choice",
    "notices.standing": "notices are public",
    "staff.enable_login": "gives nothing back",
    "staff.is_login": "whether there is a login, for who proposes one",
    "staff.login_of": "a login, which the gate lets the operator manage",
    "staff.logins": "logins, which the gate lets the operator manage",
    "staff.proposal": "who should get which role",
    "staff.proposals": "who should get which role",
    "staff.unlock_login": "gives nothing back",
    "standing.noticed": "third parties' standing",
    "standing.steps": "third parties' standing",
    # the home area network: what its worker needs, before and after whom it is for was decided
    "devices.by_address": "the worker: which device a report is about",
    "devices.due": "the worker: devices that are to join or to leave",
    "devices.forsaken": "the worker: devices whose customer or grant is gone",
    "devices.joined_elsewhere": "whether an address is taken, not where",
    "devices.lives": "a condition",
    "devices.of_device_agreements": "a relation",
    "devices.sealed_key": "the worker: what a head end is told once; sealed",
    "home_commands.commands_by_id": "the worker: what is to be sent",
    "home_commands.new_id": "machinery",
    "home_commands.open_targets": "the worker: what a report changes",
    "home_commands.orphaned": "the worker: what has to end",
    "home_commands.overdue": "the worker: what has to end",
    "home_commands.pending": "the worker: what is to be sent",
    "home_commands.queued": "machinery",
    "home_commands.seen": "how far a stream is read",
    # operations
    "access_log.target_of": "machinery",
    "access_log.target_of_point": "machinery",
    "audit.append_all": "appends what was decided",
    "audit.buffer": "appends later what was decided",
    "audit_buffer.united": "machinery",
    "audit.verify": "says only whether the chain is whole",
    "completeness.completeness_of": "counts of a utility's days, nothing of its meters",
    "completeness.files_loaded": "how many files were loaded",
    "completeness.has_readings": "machinery",
    "completeness.in_service": "machinery",
    "silent.silent_count": "how many meters of a utility, nothing of them",
    # the regulator's reports: counts alone, and small ones of people are hidden before they leave the store
    "market_counts.count_flows": "counts, gives nothing back",
    "market_counts.count_stocks": "counts, gives nothing back",
    "market_counts.kept_counts": "counts that were kept, for the reports alone, which hide the small ones",
    "market_counts.note_call": "counts, gives nothing back",
    "market_counts.outcome": "machinery",
    "market_reports.as_csv": "a report as a file, with small counts of people hidden",
    "market_reports.cells_of": "machinery",
    "market_reports.read": "totals of the market, with small counts of people hidden; of no meter and nobody",
    "market_reports.report": "a declaration",
    "market_reports.safe": "machinery",
    "market_reports.span": "machinery",
    # change requests are public, but for who of a company wrote
    "change_requests.comments": "public: what companies wrote",
    "change_requests.company": "what a company is called",
    "change_requests.concerned": "where the system mails its news to, shown to nobody",
    "change_requests.request": "public; login_id is for mails alone",
    "change_requests.requests": "public; login_id is for mails alone",
    "change_requests.votes": "public: how utilities voted",
    "as_of.file_names": "what files were called, by numbers that came with versions within reach",
    "changes.newest": "how many files were loaded",
    "events.authorization_numbers": "numbers in addresses of what events are about",
    "events.kinds": "what events are called",
    "events.attempts": "tries at a delivery, no data",
    "events.deliveries": "what is posted to whom: addresses, no data",
    "events.delivery": "what is posted to whom: addresses, no data",
    "events.event": "an event: addresses, no data",
    "events.events": "a third party's own events: addresses, no data",
    "events.last_events": "a third party's own events: addresses, no data",
    "events.next_delivery": "what is posted to whom: addresses, no data",
    "events.resend_since": "how many are posted again",
    "events.hurry": "gives nothing back",
    "events.resend": "gives nothing back",
    "events.undelivered": "what is posted to whom: addresses, no data",
    # what customers wanted to be told of, which the night looks for
    "alerts.drop_rule": "whether there was one",
    "alerts.put_alert": "whether it is new",
    "alerts.sums": "of the meters of rules, for the customers who made them",
    "alerts.waiting": "the rules of whoever lives there, for the mail to them alone",
    "on_demand.ask": "what the caller asked for itself",
    "on_demand.advance": "gives nothing back",
    "on_demand.answer": "whether the utility's answer is taken",
    "on_demand.completed_since": "when a meter answered, nothing of what",
    "on_demand.on_its_way": "a request under way, without a reading",
    "on_demand.time_out": "how many requests ended",
    "on_demand.is_late": "looks at what is read already",
    "on_demand.under_way": "the worker: a request that is to be sent or answered, without a reading",
    "touched.touched": "whom to tell, by the relation granted; no reading",
    "jobs.claim": "the worker's own job",
    "jobs.counts": "how many jobs there are",
    "jobs.due": "whether there is a job",
    "jobs.give_up": "gives nothing back",
    "jobs.job_by_key": "a job by a key that the caller made",
    "jobs.job_by_path_id": "a job by a number that cannot be guessed; its owner is for the caller to see to",
    "jobs.jobs": "the outbox, for whoever watches over it",
    "jobs.progress": "gives nothing back",
    "jobs.renew": "gives nothing back",
    "jobs.rest": "gives nothing back",
    "jobs.retry": "gives nothing back",
    "jobs.wake_job": "gives nothing back",
    # whom customers let look at their homes: the gate lets them, and a look takes a reach
    "holdings.add_holding": "a customer's own invitation",
    "holdings.given": "a customer's own invitations",
    "holdings.held": "a guest's own",
    "holdings.holding": "one by its number; whose it is, is for the caller to see to",
    "holdings.holding_by_link": "an invitation by the secret in its mail",
    "holdings.looked_at": "numbers of homes that a guest may see by the relation",
    "holdings.over": "the clock: what is over",
    "holdings.running_of": "an account's end: what ends with it",
    "holdings.unfounded": "move-out: what ends with it",
    "holdings.accept": "whether it was waiting",
    "holdings.end": "whether it was running",
    # files for companies: which they see is a query of the grants that live, and each opening is the gate's to allow
    "party_files.add_file": "the number of a file that is published",
    "party_files.archive": "how many files are put away",
    "party_files.drop_pickups": "how many are forgotten",
    "party_files.file_of": "a company's own file while every grant in it lives: name and size, no data",
    "party_files.files_of": "a company's own files while every grant in them lives: names and sizes, no data",
    "party_files.known_keys": "machinery",
    "party_files.note_pickup": "gives nothing back",
    "party_files.over": "the clock: what goes",
    "party_files.pickups": "which of its own files a company fetched",
    "party_files.unseen_of": "files that nobody sees any more, for the job that makes them anew",
    "party_files.withdraw": "how many files nobody sees any more",
    "party_keys.add_key": "the number of a new key",
    "party_keys.is_key": "whether a key still counts",
    "party_keys.key_of": "a company's own key, by which it proves itself",
    "party_keys.keys": "public keys",
    "party_keys.note_used": "gives nothing back",
    "party_keys.remove_key": "a company's own key, which is gone",
    "bulk_requests.cancel_request": "whether a company's own request still stood",
    "bulk_requests.request": "for the job that makes it: days and ids, no data; the job's reads take a reach",
    "bulk_requests.request_of": "a company's own request: days and ids, no data",
    "bulk_requests.requests_of": "a company's own requests: days and ids, no data",
    "served.days_without_came": "the clock: which days are counted next",
    "served.rep_counts": "counts of a company's own meters, by its own id",
    # relations: queries that only the gate can turn into a Reach
    "directory.of_utility": "a relation",
    "directory.running": "a relation",
    "directory.until_lately": "a relation",
    "grants.of_third_party": "a relation",
    "parties.own_tenancies": "a relation",
    "holdings.of_guest": "a relation",
    "holdings.with_held": "a relation",
    "reach.either": "machinery",
    "history_requests.with_history": "a relation",
    "parties.served_by_rep": "a relation",
    # the store's own machinery, which works on what it is given
    "database.inserted_id": "machinery",
    "database.transaction_of": "machinery",
    "merge.merge": "machinery",
    "merge.totals": "machinery",
    "expiry.expire_month": "removes, and tells how many rows",
    "expiry.expire_rows": "removes, and tells how many rows",
    "expiry.expired_months": "which months are over",
    "expiry.kept_tables": "machinery",
    "expiry.left": "how many rows there are, nothing of them",
    "holds.held": "a relation",
    "holds.holds": "which days are held and why, no readings",
    "months.closed_months": "which months were put away, nothing of them",
    "month_reads.closed_among": "which months were put away, nothing of them",
    "month_reads.columns_of": "machinery",
    "month_reads.days_in_months": "machinery of the reads",
    "month_reads.months_over": "machinery",
    "months.rewrite_months": "machinery",
    "partitions.make": "machinery",
    "month_form.decode": "machinery",
    "month_form.encode": "machinery",
    "months.compact_month": "puts away, and tells how many days",
    "months.give_back": "machinery",
    "months.months_to_compact": "which months there is something in, nothing of it",
    "months.open_days": "puts back what was put away",
    "partitions.ensure": "machinery",
    "partitions.months_there": "which months there are partitions for",
    "partitions.partition_name": "machinery",
    "partitions.partitioned": "machinery",
    "prepared.finished": "jobs, nothing of what they prepared",
    "prepared.grants_changed": "a yes or no about grants, no data",
    "pages.newest_arrival_s": "when a file last came in, nothing of it",
    "pages.zone_names": "time zones of usage points known by id, no data",
    "reach.days_within": "machinery",
    "reach.united": "machinery",
    "granted.spans_of_grant": "a relation, of one grant",
    "statement.failure": "machinery",
    "statement.run": "machinery",
    "quality.revisions": "how many, of parts made for a reach",
    "quality.failures": "how many, of parts made for a reach",
    "vee.meters_of": "intake: what a meter can pass",
    "vee.parked_on": "how many blocks of a utility wait, nothing of them",
    "vee.refusals": "how many blocks of a utility were refused, nothing of them",
    "statement.marks": "machinery",
    "citus_copy.hashed": "machinery",
    "citus_copy.is_cluster": "machinery",
    "citus_copy.nodes_for": "machinery",
    "distribution.distribute": "machinery",
    "distribution.distribution": "machinery",
    "distribution.installed": "machinery",
    "copying.copy_columns": "machinery",
    "copying.lead": "machinery",
    "copying.copy_led": "machinery",
    "copying.copy_into": "machinery",
    "copying.copy_rows": "machinery",
    "copying.put_rows": "machinery",
    "eights.end": "machinery",
    "eights.pack": "machinery",
    "eights.unpack": "machinery",
    "eights.unpack_one": "machinery",
    "eights.written": "machinery",
    "form.heads": "machinery",
    "form.merged": "machinery",
    "form.packed_days": "machinery",
    "form.published_s": "machinery",
    "form.replaces": "machinery",
    "form.said": "machinery",
    "form.sent_s": "machinery",
    "form.stamped": "machinery",
    "form.wins_whole": "machinery",
    "forming.encode": "machinery",
    "forming.encode_rows": "machinery",
    "forming.encode_rows_apart": "machinery",
    "rows.content_of": "machinery",
    "rows.find_rows": "machinery",
    "rows.listed": "machinery",
}
"""Public functions of the store that return something and take no `Reach`, each with the reason."""

WRITES = re.compile(
    r"^(add|set|put|take|park|unpark|refuse|checkpoint|finish|install|move|switch|drop|start|touch|end|disable|forget"
    r"|record|receive|insert|update|change)(_|$)"
)
"""What the name of a function begins with that changes the store; such a one returns ids and counts at most."""


def _public_functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for module in pkgutil.iter_modules(espi.store.__path__):
        loaded = importlib.import_module(f"espi.store.{module.name}") if module.name != "migrations" else None
        for name, found in vars(loaded).items() if loaded else ():
            if inspect.isfunction(found) and found.__module__ == loaded.__name__ and not name.startswith("_"):
                yield f"{module.name}.{name}", found


FUNCTIONS = dict(_public_functions())


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_read_requires_a_reach(name: str) -> None:
    if name in WITHOUT_REACH or WRITES.match(name.split(".")[1]):
        return
    parameter = inspect.signature(FUNCTIONS[name]).parameters.get("reach")
    assert parameter is not None, "every read of meter or customer data takes a reach; nothing else may be added here"
    assert parameter.annotation == "Reach"
    assert parameter.default is inspect.Parameter.empty, "there is no value that means everything"


def test_the_list_of_reads_without_a_reach_names_only_what_is_there() -> None:
    assert set(WITHOUT_REACH) <= set(FUNCTIONS)
    assert not {name for name in WITHOUT_REACH if "reach" in inspect.signature(FUNCTIONS[name]).parameters}


def test_what_writes_gives_no_data_back() -> None:
    harmless = {"None", "int", "str", "bool", "dict[str, int]", "PutResult", "ReceivedFile", "Client", "Job"}
    told = {name: inspect.signature(found).return_annotation for name, found in FUNCTIONS.items()}
    assert {told[name] for name in FUNCTIONS if WRITES.match(name.split(".")[1])} <= harmless


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCES.rglob("*.py")):
        yield path, ast.parse(path.read_text("utf-8"))


def test_only_the_gate_and_the_store_make_a_reach() -> None:
    makers = {
        path.relative_to(SOURCES).parts[0]
        for path, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reach"
    }
    assert makers == {"access.py"}


def _compares_roles(node: ast.AST) -> bool:
    """Whether a node decides by a role: compares one, or matches on one."""
    if not isinstance(node, ast.Compare | ast.MatchValue):
        return False
    attributes = [inner for inner in ast.walk(node) if isinstance(inner, ast.Attribute)]
    return any(inner.attr == "role" or ast.unparse(inner.value) == "Role" for inner in attributes)


def test_nothing_but_the_gate_decides_by_role() -> None:
    deciding = {
        str(path.relative_to(SOURCES))
        for path, tree in _sources()
        for node in ast.walk(tree)
        if path.name != "access.py" and isinstance(node, ast.expr | ast.pattern) and _compares_roles(node)
    }
    assert deciding == set()


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_each_table_can_be_distributed_and_dropped_by_its_key(table: object) -> None:
    found = METADATA.tables[str(table)]
    key = {column.name for column in found.primary_key}
    distribute, keep = found.info["distribute"], found.info["keep"]
    if "usage_point_id" in found.columns:
        assert distribute == "usage_point_id", "whatever has a usage point lives beside it"
    if distribute is not None:
        assert distribute == "usage_point_id"
        assert distribute in key
        assert not found.foreign_keys, "nothing refers from one customer's rows to another's"
    if keep is not None and distribute is not None:
        assert keep in key, "old rows go by whole partitions"
    if keep is not None:
        assert keep in found.columns


def test_usage_points_are_a_reference_table_for_they_are_looked_up_by_esiid() -> None:
    assert METADATA.tables["usage_point"].info["distribute"] is None
