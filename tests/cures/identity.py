"""Who one is: guessing, tokens, links, and the pages of others."""

from tests.cures.cure import Cure

_GRAPHQL, _TOKENS = "tests/web/test_graphql.py", "tests/users/test_signing_in.py"
_JOINING, _SESSIONS = "tests/users/test_joining.py", "tests/users/test_sessions.py"

IDENTITY = (
    Cure(
        "brute force by aliases",
        "hub/graph/limiting.py",
        "await self.ensure(info.context, arguments",
        "await __import__('asyncio').sleep(0, arguments",
        "tests/graph/test_limits.py::test_a_hundred_aliases_of_login_are_a_hundred_attempts",
    ),
    Cure(
        "logins tell nobody by time who exists",
        "hub/users/passwords.py",
        "_matches(stored or _nobodys(), password)",
        "bool(stored) and _matches(stored or '', password)",
        "tests/users/test_signing_in.py::test_a_wrong_password_and_an_unknown_person_take_the_same_time",
    ),
    Cure(
        "argon2 beyond its pool",
        "hub/users/passwords.py",
        "if self._under_way >= self._most:",
        "if False:",
        "tests/users/test_signing_in.py::test_too_many_passwords_at_once_are_put_off",
    ),
    Cure(
        "forwarded addresses of strangers do not count",
        "hub/web/addresses.py",
        "self._behind_proxies(peer, scope) if self._trusts(peer) else peer",
        "self._behind_proxies(peer, scope)",
        "tests/web/test_addresses.py::test_a_stranger_cannot_say_who_he_is",
    ),
    Cure(
        "logins tell nobody by words who exists",
        "hub/users/signing_in.py",
        "    stored = rows[0]",
        '    if not rows:\n        raise Refusal(ErrorCode.NOT_FOUND, "Nobody has this name.", "login")\n    stored = rows[0]',
        "tests/users/test_signing_in.py::test_a_wrong_password_and_an_unknown_person_answer_alike",
    ),
    Cure(
        "registering tells nobody who is here",
        "hub/users/registering.py",
        "    await _ensure_free(backend.database, handle)\n",
        "    await _ensure_free(backend.database, handle)\n"
        '    if await backend.database.fetch("select 1 as n from accounts where email_key = :k", {"k": email_key(address)}):\n'
        "        raise handle_taken()\n",
        "tests/users/test_joining.py::test_a_known_address_answers_like_an_unknown_one_and_its_owner_hears_of_it",
    ),
    Cure(
        "refresh reuse ends the family",
        "hub/users/sessions.py",
        '    await _end(backend, rows[0]["user_id"], token.session_id)\n    return _refused()',
        "    return _refused()",
        f"{_SESSIONS}::test_a_used_refresh_token_ends_the_session_for_all",
    ),
    Cure(
        "a retry gets its successor for a moment only",
        "hub/users/sessions.py",
        " and last_seen_at > {as_instant since}",
        "",
        "tests/users/test_statements.py::test_a_lost_answer_comes_again_only_while_its_session_lives_and_for_a_moment",
    ),
    Cure(
        "a refresh token is signed",
        "hub/users/refresh_tokens.py",
        "body = _signer(*signing_keys(settings)).unsign(text.removeprefix(_PREFIX)).decode()",
        'body = text.removeprefix(_PREFIX).rpartition(".")[0]',
        f"{_SESSIONS}::test_what_is_no_refresh_token_is_refused_and_changes_nothing",
    ),
    Cure(
        "a token is known by its whole digest, whatever it says of itself",
        "hub/users/tokens.py",
        "where k.digest = :digest and k.revoked_at",
        "where (k.digest = :digest or u.handle = 'ines') and k.revoked_at",
        f"{_TOKENS}::test_a_token_that_is_not_good_is_refused_alike",
    ),
    Cure(
        "a revoked token",
        "hub/users/tokens.py",
        "k.digest = :digest and k.revoked_at is null and",
        "k.digest = :digest and",
        f"{_TOKENS}::test_a_token_that_is_not_good_is_refused_alike",
    ),
    Cure(
        "an expired token",
        "hub/users/tokens.py",
        " and k.expires_at > {{now}} and f.ended_at is null",
        " and f.ended_at is null",
        f"{_TOKENS}::test_a_token_ends_exactly_at_its_time",
    ),
    Cure(
        "an app's expired token",
        "hub/partners/tokens.py",
        " and k.expires_at > {{now}}",
        "",
        "tests/partners/test_apps.py::test_an_expired_token_is_dead",
    ),
    Cure(
        "a link is good for one thing",
        "hub/users/links.py",
        'salt=f"hub.link.{purpose}"',
        'salt="hub.link"',
        f"{_JOINING}::test_a_link_opens_nothing_but_what_it_is_for",
    ),
    Cure(
        "a link works once",
        "hub/users/recovering.py",
        "if not rows or _stamp(rows[0]) != stamp:",
        "if not rows:",
        "tests/users/test_recovering.py::test_a_lost_password_is_set_anew_by_the_link_once_and_ends_all_sessions",
    ),
    Cure(
        "a link ends",
        "hub/users/links.py",
        ", max_age=_seconds(backend, purpose))",
        ")",
        f"{_JOINING}::test_a_link_ends_and_so_does_what_waits_for_it",
    ),
    Cure(
        "tokens never in an address: links",
        "hub/users/links.py",
        "#token={token}",
        "?token={token}",
        f"{_JOINING}::test_nothing_shows_of_somebody_until_the_link_is_opened",
    ),
    Cure(
        "tokens never in an address: requests",
        "hub/web/graphql.py",
        'if "authorization" in headers else ()',
        'if "authorization" in headers else'
        ' ["Bearer " + given for name, given in __import__("urllib.parse").parse.parse_qsl(scope["query_string"].decode())'
        ' if "token" in name.lower()]',
        f"{_GRAPHQL}::test_a_token_in_the_address_is_nobodys",
    ),
    Cure(
        "an app's token stays on its own pages",
        "hub/graph/callers.py",
        "if origin is not None and bearer.origins is not None and",
        "if False and",
        "tests/partners/test_apps.py::test_a_page_uses_an_app_s_token_from_the_app_s_own_origins_only",
    ),
    Cure(
        "GraphiQL sends tokens to this host alone",
        "hub/web/ide/pages.py",
        "connect-src 'self'",
        "connect-src *",
        "tests/web/test_ide.py::test_the_policy_lets_pages_load_from_this_host_alone",
    ),
    Cure(
        "CORS answers known origins only",
        "hub/web/origins.py",
        "allow_origins=allowed",
        'allow_origins=["*"]',
        f"{_GRAPHQL}::test_pages_of_known_origins_may_read_answers",
    ),
    Cure(
        "CORS is off without known origins",
        "hub/web/origins.py",
        "    if not allowed:\n        return []",
        '    if not allowed:\n        return [Middleware(CORSMiddleware, allow_origins=["*"])]',
        f"{_GRAPHQL}::test_without_known_origins_no_page_of_another_host_may",
    ),
    Cure(
        "CSRF: what a form can send is no request",
        "hub/web/media.py",
        'name == "application/json" and',
        'name in {"application/json", "text/plain"} and',
        f"{_GRAPHQL}::test_other_content_types_are_refused",
    ),
    Cure(
        "CSRF: a form starts no stream",
        "hub/web/graphql.py",
        "                ensure_plain_json(headers)\n",
        "",
        "tests/web/test_streams.py::test_a_form_of_a_foreign_page_starts_nothing",
    ),
    Cure(
        "argon2 off the loop",
        "hub/users/passwords.py",
        "return await asyncio.get_running_loop().run_in_executor(self._pool, work)",
        "return work()",
        "tests/users/test_signing_in.py::test_too_many_passwords_at_once_are_put_off",
    ),
    Cure(
        "passwords are guessed no faster by a session",
        "hub/graph/limiting.py",
        'await context.backend.attempts.count(self._kind, [Counted(f"user:{user_id}", limits)])',
        "pass",
        "tests/users/test_recovering.py::test_a_stolen_session_guesses_the_password_no_faster_than_a_login",
    ),
)
