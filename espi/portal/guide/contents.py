"""What the help holds: every article once, with its topic, whom it is for, and the pages that it explains."""

from __future__ import annotations

from dataclasses import dataclass

CUSTOMER, REP, THIRD_PARTY = "customer", "rep", "third_party"
TDSP, REGULATOR, OPERATOR = "tdsp", "regulator", "operator"
COMPANIES = (REP, THIRD_PARTY, TDSP)
ALL = (CUSTOMER, REP, THIRD_PARTY, TDSP, REGULATOR, OPERATOR)
READERS = (CUSTOMER, REP, THIRD_PARTY, TDSP)
"""Who sees the readings of single meters."""

TOPICS = ("start", "numbers", "files", "sharing", "changes", "work", "questions")


@dataclass(frozen=True)
class Entry:
    """An article. roles: whom it is for. pages: the endpoints that it explains; `apps.*` is all of a blueprint."""

    id: str
    topic: str
    roles: tuple[str, ...]
    pages: tuple[str, ...] = ()

    def explains(self, endpoint: str) -> bool:
        """Whether it is about a page."""
        return endpoint in self.pages or f"{endpoint.partition('.')[0]}.*" in self.pages


CONTENTS = (
    Entry("guide-customer", "start", (CUSTOMER,), ("customer.home",)),
    Entry("logging-in", "start", ALL, ("session.*", "passkeys.*", "recovery.*")),
    Entry("account", "start", ALL, ("account.*", "register.*", "recovery.*", "passkeys.*")),
    Entry("using-help", "start", ALL, ("help.*", "tour.*")),
    Entry("asking", "start", ALL, ("desk_asking.*", "notices.*", "status.*")),
    Entry("chart", "numbers", READERS, ("customer.usage", "customer.home")),
    Entry("year", "numbers", READERS, ("heat.year",)),
    Entry("corrections", "numbers", READERS, ("customer.usage",)),
    Entry("clock-changes", "numbers", READERS),
    Entry("silent", "numbers", (CUSTOMER, REP, TDSP)),
    Entry("alerts", "numbers", (CUSTOMER,), ("alerts.*",)),
    Entry("read-now", "numbers", READERS, ("reading_now.*",)),
    Entry("home-devices", "numbers", READERS, ("devices_home.*",)),
    Entry("solar", "numbers", (CUSTOMER, REP)),
    Entry("files", "files", READERS, ("customer.usage", "customer.download", "customer.receipt")),
    Entry("check-file", "files", ALL, ("validator.*",)),
    Entry("own-programs", "files", (CUSTOMER,), ("own_tokens.*",)),
    Entry("privacy", "sharing", (CUSTOMER,), ("apps.*", "receipt_keys.key_set")),
    Entry("people", "sharing", (CUSTOMER,), ("holders.*", "apps.overview")),
    Entry("access-log", "sharing", (CUSTOMER,), ("access_log.*",)),
    Entry("apps", "sharing", (CUSTOMER,), ("apps.*",)),
    Entry("agreeing", "sharing", (CUSTOMER,), ("consent.*", "invitation.*", "third_parties.*")),
    Entry("scams", "sharing", (CUSTOMER,), ("consent.*", "invitation.*")),
    Entry("moving", "changes", (CUSTOMER, REP)),
    Entry("company", "work", (REP, THIRD_PARTY), ("company.*", "company_users.*", "company_addresses.*")),
    Entry("company-keys", "work", (REP, THIRD_PARTY), ("company_keys.*",)),
    Entry("company-calls", "work", (REP, THIRD_PARTY), ("company_log.*", "company_deliveries.*")),
    Entry("guide-rep", "work", (REP,), ("customer.home", "rep.overview")),
    Entry("rep-desk", "work", (REP,), ("rep.*", "rep_list.*")),
    Entry("rep-bulk", "work", (REP,), ("rep_bulk.*",)),
    Entry("rep-history", "work", (REP,), ("rep_history.*",)),
    Entry("guide-third-party", "work", (THIRD_PARTY,), ("customer.home", "developer.*", "trying.*")),
    Entry("guide-tdsp", "work", (TDSP,), ("customer.home",)),
    Entry("tdsp-files", "work", (TDSP,), ("tdsp.*", "tdsp_files.*")),
    Entry("tdsp-parked", "work", (TDSP,), ("tdsp_parked.*",)),
    Entry("tdsp-checks", "work", (TDSP,), ("tdsp_checks.*",)),
    Entry("tdsp-events", "work", (TDSP,), ("tdsp_events.*",)),
    Entry("tdsp-brand", "work", (TDSP,), ("tdsp_brand.*",)),
    Entry("guide-regulator", "work", (REGULATOR,), ("customer.home",)),
    Entry("guide-operator", "work", (OPERATOR,), ("customer.home",)),
    Entry("looking-up", "work", (OPERATOR,), ("desk.*", "desk_look.*")),
    Entry("operations", "work", (OPERATOR,), ("operator.*", "operator_parties.*", "operator_accounts.*")),
    Entry("standing", "work", (THIRD_PARTY,), ("operator_parties.own", "operator_parties.appeal")),
    Entry("usage-points", "work", COMPANIES, ("business.*",)),
    Entry("completeness", "work", (TDSP, REGULATOR, OPERATOR), ("completeness.*",)),
    Entry("market-reports", "work", (REGULATOR, OPERATOR), ("regulator.*",)),
    Entry("compliance", "work", (REGULATOR, OPERATOR), ("compliance.*",)),
    Entry("change-requests", "work", (REP, THIRD_PARTY, TDSP, REGULATOR, OPERATOR), ("changes.*",)),
    Entry("questions-customer", "questions", (CUSTOMER,)),
    Entry("questions-rep", "questions", (REP,)),
    Entry("questions-third-party", "questions", (THIRD_PARTY,)),
    Entry("questions-tdsp", "questions", (TDSP,)),
    Entry("questions-regulator", "questions", (REGULATOR,)),
    Entry("questions-operator", "questions", (OPERATOR,)),
    Entry("glossary", "questions", ALL),
)
