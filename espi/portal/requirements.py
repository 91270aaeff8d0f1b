"""What law, rules and practice ask of a Smart Meter Texas, and where this system meets it: declared once.

The page, its file and `docs/compliance.md` are made of it; a test demands that every piece of evidence is there. The
wording is ours, not the law's. Paragraphs are named only where public papers name them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MET, PART, MISSING = "met", "part", "missing"
STATES = (MET, PART, MISSING)

PURA = "PURA 39.107(b)"
RULE = "16 TAC 25.130"
RULE_HAN = "16 TAC 25.130(g)(1)(J)"
DOCKET = "PUCT Docket 47472"
PRACTICE = "Smart Meter Texas"


@dataclass(frozen=True)
class Requirement:
    """A line of the matrix.

    how: where and how it is met, or what is missing. tests: file::function. pages: endpoints. docs: files of `docs/`.
    """

    id: str
    source: str
    asks: str
    how: str
    tests: tuple[str, ...]
    pages: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    state: str = MET

    def evidence(self) -> Iterator[tuple[str, str]]:
        """Each piece with its kind: test, page or doc."""
        yield from (("test", each) for each in self.tests)
        yield from (("page", each) for each in self.pages)
        yield from (("doc", each) for each in self.docs)


_J, _U = "tests/journeys", "tests/unit"

REQUIREMENTS = (
    Requirement(
        "data-is-the-customers",
        PURA,
        "Meter data belong to the customer.",
        "A customer takes all days of the tenancy along, at once, in open formats and without asking anybody.",
        (f"{_J}/test_seeing_and_downloading.py::test_after_move_out_the_former_tenant_sees_his_own_days_only",),
        ("customer.usage", "customer.download"),
    ),
    Requirement(
        "customer-may-share",
        PURA,
        "A customer may let others have the data.",
        "By saying yes to an app or to an invitation; a signed receipt says to what, to whom and for how long.",
        (
            f"{_J}/test_connecting.py::test_yes_leads_from_code_to_tokens_to_the_feed",
            f"{_U}/sharing/test_receipts.py::test_a_receipt_says_who_agreed_to_what",
        ),
        ("apps.overview", "consent.ask"),
        ("consents.md",),
    ),
    Requirement(
        "customer-access",
        RULE,
        "Customers can see their own use by the quarter hour, on the web.",
        "A chart and a table of each day, week, month and year, on a phone and without scripts too.",
        (f"{_J}/test_seeing_and_downloading.py::test_a_meter_opens_with_the_chart_of_yesterday",),
        ("customer.usage",),
    ),
    Requirement(
        "rep-access",
        RULE,
        "The customer's retail company can see the use, for the days on which it serves.",
        "The gate knows who served which meter on which days; a table of tests tries the day before and after.",
        ("tests/test_roles.py::test_each_row_of_the_role_table",),
        ("business.search",),
        ("roles.md",),
    ),
    Requirement(
        "others-by-permission",
        RULE,
        "Whom the customer allows can see the use.",
        "By OAuth or by an invitation: both roads give the same right to the same days.",
        (f"{_J}/test_both_roads.py::test_both_roads_give_the_same_grant_the_same_members_and_the_same_data",),
        ("apps.overview",),
        ("connect-my-data.md",),
    ),
    Requirement(
        "nobody-else",
        RULE,
        "Nobody else can see it.",
        "What no rule allows is refused, on every page and interface, and each decision is on record.",
        (
            "tests/test_store_needs_reach.py::test_a_read_requires_a_reach",
            f"{_J}/test_capabilities.py::test_a_role_opens_what_the_table_opens_for_it",
        ),
        (),
        ("roles.md",),
    ),
    Requirement(
        "open-format",
        RULE,
        "Data come in a standard format that programs read.",
        "Green Button (ESPI), CSV, JSON and spreadsheets; what leaves is read back by another system without loss.",
        ("tests/test_round_trip.py::test_a_feed_survives_the_way_through_another_installation",),
        ("customer.download", "validator.start"),
        ("conformance.md",),
    ),
    Requirement(
        "next-day",
        RULE,
        "Data are there on the day after.",
        "Each utility has a deadline; how many days came late or not at all is counted and told.",
        (f"{_J}/test_watching_completeness.py::test_a_utility_sees_its_own_days_and_how_much_of_them_came",),
        ("completeness.overview", "regulator.overview"),
    ),
    Requirement(
        "on-demand",
        RULE,
        "A meter can be read on demand.",
        "A button asks and says honestly what came of it. A utility's own network must be connected for it.",
        (f"{_J}/test_reading_now.py::test_a_request_is_asked_sent_and_answered",),
        ("reading_now.overview",),
        (),
        PART,
    ),
    Requirement(
        "home-devices",
        RULE_HAN,
        "The meter can talk to devices at home. (Waived for Smart Meter Texas in Docket 47472.)",
        "Joining, messages, prices and load control work with simulated networks; no page offers them yet.",
        (f"{_U}/han/test_simulated.py::test_a_device_joins_and_its_steps_are_told_in_order",),
        (),
        (),
        PART,
    ),
    Requirement(
        "three-facts",
        DOCKET,
        "A home is named by ESIID, meter number and retail company; a wrong one is not told apart.",
        "At registration and in invitations; every refusal has the same words after the same work.",
        (
            f"{_J}/test_registering.py::test_whatever_is_wrong_is_refused_in_the_same_words_after_the_same_work",
            f"{_U}/sharing/test_invitations.py::test_a_wrong_premise_is_refused_in_the_same_words_whatever_was_wrong",
        ),
        ("register.start",),
    ),
    Requirement(
        "twelve-months",
        DOCKET,
        "Agreements of homes and small firms last twelve months at most; larger firms may agree to more.",
        "Longer is not offered and not taken; a business may agree to three years.",
        (
            f"{_U}/sharing/test_granting.py::test_a_grant_that_is_over_or_too_long_is_refused",
            f"{_U}/sharing/test_invitations.py::test_a_business_may_agree_to_three_years",
        ),
        (),
        ("consents.md",),
    ),
    Requirement(
        "end-any-time",
        DOCKET,
        "A customer can end an agreement at any time.",
        "One by one or all at once; it takes effect at once on every road.",
        (
            f"{_J}/test_sharing.py::test_ending_it_takes_effect_at_once",
            f"{_J}/test_sharing.py::test_all_can_be_ended_with_one_click",
        ),
        ("apps.ask_end_all",),
    ),
    Requirement(
        "connect-my-data",
        DOCKET,
        "Green Button Connect My Data is offered to third parties.",
        "The whole of it, judged by a test suite of its own and by clients of others.",
        ("tests/independent/test_programs.py",),
        ("developer.start",),
        ("connect-my-data.md", "conformance.md"),
    ),
    Requirement(
        "told-before-the-end",
        PRACTICE,
        "Both sides are told before an agreement ends.",
        "Three times by mail, with a link to let it go on.",
        (f"{_U}/sharing/test_deadlines.py::test_both_sides_are_told_before_the_end_three_times",),
    ),
    Requirement(
        "estimates-marked",
        PRACTICE,
        "Estimates carry a mark, and later readings take their place.",
        "By shape in charts, by word in tables, by code in files. Every version is kept.",
        (
            f"{_J}/test_seeing_and_downloading.py::test_estimates_and_gaps_are_told_apart_in_chart_and_table",
            f"{_U}/store/test_replacement.py::test_an_actual_reading_replaces_an_estimate_even_if_it_was_sent_before",
        ),
        ("customer.usage",),
        ("vee.md", "data-quality.md"),
    ),
    Requirement(
        "seven-years",
        PRACTICE,
        "Data are kept for seven years and then removed.",
        "As a setting says, for each utility apart; what is held for a court stays. The record proves what went.",
        (f"{_U}/intake/test_retention.py::test_old_days_go_and_the_oldest_kept_day_stays",),
        (),
        ("retention.md",),
    ),
    Requirement(
        "daily-files",
        PRACTICE,
        "Utilities send daily LSE files and get an answer for each block.",
        "Good blocks count, bad ones come back with their code and can be repaired and sent again.",
        (
            f"{_U}/intake/test_response.py::test_each_refused_block_has_a_line_and_the_last_line_the_totals",
            f"{_J}/test_tdsp_files.py::test_a_utility_repairs_a_refused_file_and_its_days_become_whole",
        ),
        ("tdsp_files.overview",),
        ("intake.md",),
    ),
    Requirement(
        "file-folders",
        PRACTICE,
        "Companies get their files in an encrypted folder (FTPS).",
        "Files are written for each company with a manifest. The server for the folder is not part of this system.",
        (f"{_U}/cli/test_export.py",),
        (),
        ("bulk.md",),
        PART,
    ),
    Requirement(
        "market-reports",
        PRACTICE,
        "The regulator gets reports on the market without data of single people.",
        "As pages, files and by the interface. Small counts are hidden, and no total gives them away.",
        (f"{_U}/store/test_market_reports.py::test_whatever_a_hidden_number_is_everything_that_is_shown_is_the_same",),
        ("regulator.overview", "regulator.one"),
        ("api-operations.md",),
    ),
    Requirement(
        "change-control",
        PRACTICE,
        "Changes are asked for and discussed in public; the utilities have the last word.",
        "Each utility has one vote. Nothing is accepted that most of those who voted did not want.",
        (f"{_J}/test_change_requests.py::test_what_the_utilities_do_not_carry_cannot_be_accepted",),
        ("changes.overview",),
    ),
    Requirement(
        "record",
        PRACTICE,
        "Who saw or changed what can be proved.",
        "Each decision is on a record whose entries are chained; a change to it would show.",
        (f"{_U}/store/test_audit.py::test_a_change_a_removal_and_an_insertion_show",),
        ("access_log.overview",),
        ("decisions/0006-audit-of-reads.md",),
    ),
    Requirement(
        "help-desk",
        PRACTICE,
        "A help desk answers customers, retail companies, third parties, utilities and the regulator.",
        "With a clock for each kind of caller. Nobody is looked up without a reason, which the customer reads.",
        (
            f"{_J}/test_help_desk.py::test_every_kind_of_caller_can_ask",
            f"{_J}/test_help_desk.py::test_nobody_is_looked_up_without_a_reason_and_the_customer_reads_it",
        ),
        ("desk_asking.form",),
    ),
    Requirement(
        "education",
        PRACTICE,
        "Customers learn to use it: help, questions and answers, guides, in English and Spanish.",
        "Help on every page, a guide for every role; a test measures that an eighth grader can read it.",
        (
            f"{_U}/portal/test_guide.py::test_an_eighth_grader_can_read_it",
            f"{_U}/portal/test_guide.py::test_every_role_has_a_guide_and_questions",
        ),
        ("help.overview",),
    ),
    Requirement(
        "notices",
        PRACTICE,
        "Planned outages and new features are told ahead.",
        "72 hours ahead: on every page, by mail and as a feed. A page says how the system is.",
        (f"{_J}/test_operating.py::test_an_outage_is_told_three_days_ahead_on_every_road",),
        ("notices.overview", "status.overview"),
    ),
    Requirement(
        "for-everybody",
        PRACTICE,
        "People with a handicap and with old or small devices can use it.",
        "Every page is opened on three sizes of screen and judged for access by a test; it works without scripts.",
        (
            "tests/browser/test_pages.py::test_at_four_times_the_size_nothing_is_lost",
            "tests/browser/test_pages.py::test_with_scripts_off_one_can_log_in_look_and_download",
        ),
    ),
    Requirement(
        "costs",
        PRACTICE,
        "The costs of the system are shared among the utilities by a key.",
        "Nothing counts what each utility costs yet. The reports on the market hold most of the numbers for it.",
        (),
        (),
        (),
        MISSING,
    ),
)
"""In the order of their sources."""
