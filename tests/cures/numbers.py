"""Numbers and meanings: defaults, cost, scopes, modes."""

from tests.cures.cure import Cure

_DOCUMENTS, _LIMITS = "tests/graph/test_documents.py", "tests/graph/test_limits.py"
_COST = f"{_DOCUMENTS}::test_the_cost_counts_rows_and_not_words"
_DEFAULTS = {
    "document_aliases": "50",
    "document_fields": "300",
    "document_operations": "10",
    "document_mutations": "10",
    "document_tokens": "2_000",
    "document_depth": "20",
    "document_directives": "50",
    "errors_shown": "10",
    "body_limit": "262_144",
    "frame_limit": "65_536",
    "page_size": "100",
    "ids_limit": "100",
    "comment_length": "20_000",
    "comment_burst": "60",
    "socket_operations": "20",
    "socket_messages_per_second": "50",
}

NUMBERS = (
    *(
        Cure(
            f"{name} is {number}",
            "hub/settings.py",
            f"{name}: int = Field({number},",
            f"{name}: int = Field(1{number},",
            "tests/test_readme.py::test_the_table_of_settings_is_that_of_the_code",
        )
        for name, number in _DEFAULTS.items()
    ),
    Cure(
        "tokens of registered documents are not counted",
        "hub/graph/documents.py",
        "self._checked(text, None)",
        "self._checked(text, self._settings.document_tokens)",
        "tests/graph/test_persisted.py::test_the_tokens_of_registered_documents_are_not_counted",
    ),
    Cure(
        "cost: rows multiply",
        "hub/graph/judging.py",
        "* max(below, 1)",
        "+ max(below, 1)",
        _COST,
    ),
    Cure(
        "cost: variables count",
        "hub/graph/judging.py",
        "value_from_ast_untyped(value, dict(self._variables))",
        "value_from_ast_untyped(value, {})",
        _COST,
    ),
    Cure(
        "cost: defaults of variables count",
        "hub/graph/judging.py",
        "{**defaults, **variables}",
        "{**variables}",
        _COST,
    ),
    Cure(
        "cost: defaults of arguments count",
        "hub/graph/judging.py",
        "if plain is Undefined and name in field.args:",
        "if False:",
        f"{_DOCUMENTS}::test_a_variable_left_out_costs_the_arguments_default",
    ),
    Cure(
        "cost: lists count by their length",
        "hub/graph/judging.py",
        "            return len(value.values)",
        "            return 1",
        f"{_DOCUMENTS}::test_rows_cost_once_whichever_way_they_are_shown_and_lists_by_their_length",
    ),
    Cure(
        "cost: nodes and edges are part of their connection",
        "hub/graph/judging.py",
        '_FREE = {"nodes", "edges", "node", "pageInfo"}',
        "_FREE = set()",
        f"{_DOCUMENTS}::test_rows_cost_once_whichever_way_they_are_shown_and_lists_by_their_length",
    ),
    Cure(
        "six canonical pages in half of the limit",
        "hub/settings.py",
        "document_cost: int = Field(400_000,",
        "document_cost: int = Field(400,",
        "tests/graph/test_operations.py::test_a_canonical_page_costs_less_than_half_of_the_limit",
    ),
    Cure(
        "all scopes that are named are needed",
        "hub/store/audience.py",
        "not scopes <= self.scopes",
        "not scopes & self.scopes",
        "tests/partners/test_scopes.py",
    ),
    Cure(
        "a person's own session has all scopes",
        "hub/graph/scopes.py",
        "if info.context.viewer.scopes is None:",
        "if False:",
        "tests/partners/test_bound.py::test_a_person_s_own_token_has_no_scopes_and_no_club",
    ),
    Cure(
        "a write without a scope is for a person's own session",
        "hub/graph/scopes.py",
        "    if not needed:\n        raise",
        "    if False:\n        raise",
        "tests/partners/test_scopes.py::test_a_write_that_names_no_scope_is_for_a_person_s_own_session",
    ),
    Cure(
        "comments of 1 to 20,000 characters",
        "hub/comments/commands/adding.py",
        "least=1, most=backend.settings.comment_length",
        "least=0, most=10**9",
        "tests/comments/test_adding.py::test_a_body_that_does_not_fit_is_refused",
    ),
    Cure(
        "60 comments at once and one a second after",
        "hub/graph/limiting.py",
        "        if budgets.charge(self._kind, key, rate, 1) is None:",
        "        if False:",
        f"{_LIMITS}::test_a_member_writes_so_many_comments_at_once_and_then_one_a_while",
    ),
    Cure(
        "production unless told",
        "hub/settings.py",
        '        "production",\n        description="`development`',
        '        "development",\n        description="`development`',
        "tests/test_settings.py::test_without_any_variable_the_hub_is_embedded_and_in_production",
    ),
    Cure(
        "a key is required where processes share a database",
        "hub/settings.py",
        'if chosen.mode == "production" and chosen.database_url and not chosen.secret_key:',
        "if False:",
        "tests/cli/test_doctor.py::test_processes_of_one_database_need_a_key_in_production",
    ),
    Cure(
        "trusted proxies say whose request it is",
        "hub/web/addresses.py",
        "return any(address in network for network in self._trusted)",
        "return False",
        "tests/web/test_addresses.py::test_a_trusted_proxy_says_who_the_client_is",
    ),
    Cure(
        "a demo beyond the loopback warns",
        "hub/cli/demo.py",
        "if not _is_loopback(host):",
        "if False:",
        "tests/cli/test_serving.py::test_a_demo_beyond_its_machine_is_warned_of",
    ),
    Cure(
        "IPv6 counts by /64",
        "hub/web/addresses.py",
        "return str(IPv6Network((int(address), 64), strict=False))",
        "return str(address)",
        "tests/web/test_addresses.py::test_one_ipv6_network_is_one_client",
    ),
)
