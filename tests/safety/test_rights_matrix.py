"""Who may open what: one table for every address, tried by everybody on PRIVATE, PUBLIC and OPEN targets.

A rule is `[login+]verb`: which right on the target the address asks for. What one may not see answers like what is not there.
"""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests.projects.walk import addresses
from tests.safety.conftest import ask, client_for, scrubbed

VIEW, CHANGE, DELETE, MERGE = "view", "change", "delete", "change and delete"
OPEN, LOGIN, SUPERUSER, OWN, ANY = "open", "login", "superuser", "own account", "any"
# (what GET asks for, what POST asks for); None: the method is not there
TARGET_PAGES = {
    "targets:detail": (VIEW, None),
    "targets:tab": (VIEW, None),
    "targets:tonight": (VIEW, None),
    "targets:coordinates": (VIEW, None),
    "targets:ephemeris": (VIEW, None),
    "targets:finder": (VIEW, None),
    "targets:finder-stars": (None, f"login+{VIEW}"),
    "targets:render-observation-table": (VIEW, CHANGE),
    "targets:refresh-observations": (CHANGE, CHANGE),
    "targets:update": (CHANGE, CHANGE),
    "targets:rights": (CHANGE, CHANGE),
    "targets:delete": (DELETE, DELETE),
    "targets:merge": (MERGE, MERGE),
    "targets:share": (CHANGE, CHANGE),
    "targets:hermes-preload": (None, CHANGE),
    "targets:target-persistent-share-manage-form": (CHANGE, None),
    "targets:target-persistent-share-manage-table": (CHANGE, None),
    "observations:create": (f"login+{VIEW}", None),
    "observations:detail": (VIEW, None),
    "observations:panel": (VIEW, None),
    "observations:cancel": (CHANGE, CHANGE),
    "observations:update": (CHANGE, CHANGE),
    "observations:set-status": (None, CHANGE),
    "dataproducts:detail": (VIEW, None),
    "dataproducts:tags": (None, CHANGE),
    "dataproducts:view": (VIEW, None),
    "dataproducts:image": (VIEW, None),
    "dataproducts:image-info": (VIEW, None),
    "dataproducts:preview": (VIEW, None),
    "dataproducts:file": (VIEW, None),
    "dataproducts:delete": (CHANGE, CHANGE),
    "dataproducts:feature": (CHANGE, CHANGE),
    "dataproducts:process": (CHANGE, CHANGE),
    "dataproducts:save": (None, CHANGE),
    "dataproducts:light-curve": (VIEW, None),
    "dataproducts:light-curve-image": (VIEW, None),
    "dataproducts:periodogram": (VIEW, None),
    "dataproducts:spectra": (VIEW, None),
    "dataproducts:download": (VIEW, None),
    "dataproducts:measurement": (VIEW, None),
    "dataproducts:measurement-edit": (CHANGE, CHANGE),
    "dataproducts:measurement-delete": (CHANGE, CHANGE),
    "dataproducts:target-measurements": (VIEW, None),
    "dataproducts:target-measurements-kind": (VIEW, None),
    "dataproducts:target-measurements-part": (VIEW, None),
    "dataproducts:target-measurement-export": (VIEW, None),
    "dataproducts:target-measurement-export-kind": (VIEW, None),
    "data-file": (VIEW, None),
    "comments-url-redirect": (VIEW, VIEW),
    "comment-thread": (VIEW, None),
    "comment-people": (f"login+{VIEW}", None),
    "comment-attachment": (VIEW, None),
    "comments-flag": (f"login+{VIEW}", f"login+{VIEW}"),
    "api:targets-detail": (VIEW, None),
    "api:targets-access": (CHANGE, None),
    "api:targets-merge": (None, CHANGE),
    "api:targets-merge-plan": (CHANGE, None),
    "api:targetextra-detail": (VIEW, None),
    "api:targetname-detail": (VIEW, None),
    "api:observations-detail": (VIEW, None),
    "api:dataproducts-detail": (VIEW, None),
    "api:reduceddatums-detail": (VIEW, None),
    "api:comments-detail": (VIEW, None),
}
# what a target's PUBLIC and OPEN say nothing about
OTHER_PAGES = {
    OPEN: """home login account_inactive account_signup account_email_verification_sent targets:list targets:skymap targets:targetgrouping targets:export
        targets:name-search observations:list observations:facility-status observations:render-facility-status-list
        observations:template-list observations:group-list dataproducts:list dataproducts:group-list dataproducts:group-detail
        dataproducts:measurements dataproducts:measurements-kind dataproducts:measurement-export dataproducts:measurement-export-kind
        calendar:calendar comments-comment-done comments-flag-done comments-delete-done comments-approve-done home-panel name-search
        name-suggest
        terms-of-service robots_txt favicon api-schema api-docs api:targets-list api:targets-export api:targetname-list api:targetextra-list api:targetlist-list
        api:observations-list api:dataproducts-list api:comments-list
        api:reduceddatums-list api:reduceddatums-export api:api-root""",
    LOGIN: """home-layout task-list history-list history-export outbox-list api:tasks-list account_email account_set_password
        account_change_password account_reauthenticate account_confirm_login_code mfa_index
        mfa_authenticate mfa_reauthenticate mfa_activate_totp mfa_deactivate_totp mfa_view_recovery_codes mfa_generate_recovery_codes
        mfa_download_recovery_codes dataservices:query_list dataservices:create dataservices:create-target dataservices:update-data
        dataservices:run dataservices:update dataservices:run_saved dataservices:delete targets:create targets:import targets:seed
        targets:add-remove-grouping targets:list-choice targets:create-group targets:persistent-share-manage-form targets:persistent-share-manage-table
        targets:target-selection alerts:list alerts:create alerts:update alerts:run alerts:delete alerts:create-target alerts:submit-alert
        tom_catalogs:query observations:add-existing observations:template-create observations:template-update observations:template-delete
        observations:template-detail observations:group-create observations:callback observations:redirect dataproducts:group-create
        dataproducts:group-data dataproducts:group-delete dataproducts:group-update dataproducts:upload dataproducts:upload-preview
        dataproducts:single-target-data-service-query
        calendar:create-event calendar:update-event calendar:delete-event calendar:create-todo calendar:update-todo user-list user-profile
        security-log
        group-detail group-members view-as-start view-as-stop
        reveal-api-token terms-accept api:groups-list""",
    SUPERUSER: """periodic-list plugin-list
        user-create user-reset-second-factor admin-user-change-password user-approve user-state group-create group-update group-delete
        dataproducts:update-reduced-data
        observations:group-delete targets:persistent-share targets:persistent-share-detail targets:target-persistent-share comments-delete
        comments-approve""",
    OWN: """targets:import-detail task-detail task-progress task-cancel task-retry outbox-detail outbox-settle api:tasks-detail
        user-update user-delete regenerate-api-token""",
    # of lists by rights on the list; posted to only; asked elsewhere in this folder or by Django itself
    ANY: """comment-edit comment-preview comment-mentions-read periodic-switch periodic-run history-undo api:tasks-cancel
        targets:group-detail targets:delete-group targets:share-group targets:group-hermes-preload api:targetlist-detail api:targetlist-add api:targetlist-remove
        api:targetlist-move comments-post-comment
        table-bulk-run comment-delete logout styleguide api-token-auth api:targets-bulk api:targets-bulk-change
        api:reduceddatums-bulk api:reduceddatums-table api:observations-cancel
        dataproducts:share
        dataproducts:share_all""",
}
RULE_OF = {name: rule for rule, listed in OTHER_PAGES.items() for name in listed.split()}
OUTSIDE = ("dummy:", "api:dummies")  # a plugin's pages say for themselves
PEOPLE = ["anonymous", "stranger", "viewer", "changer", "deleter", "owner", "superuser"]
RIGHTS = {
    "viewer": {VIEW},
    "changer": {VIEW, CHANGE},
    "deleter": {VIEW, DELETE},
    "owner": {VIEW, CHANGE, DELETE, MERGE},
    "superuser": {VIEW, CHANGE, DELETE, MERGE},
}
MISSING = 987654321


def rights_of(who: str, permissions: str) -> set[str]:
    rights = set(RIGHTS.get(who, ()))
    if permissions == "OPEN" or (permissions == "PUBLIC" and who != "anonymous"):
        rights.add(VIEW)
    return rights


def outcome(answer) -> str:
    status = answer.status_code
    if status in (301, 302):
        return "login" if re.match(r"^(https?://testserver)?/accounts/login/", answer["Location"]) else "allowed"
    return {401: "login", 403: "refused", 404: "not there"}.get(status, "broken" if status >= 500 else "allowed")


def expected(rule: str, who: str, permissions: str) -> str:
    rights = rights_of(who, permissions)
    needs = rule.removeprefix("login+")
    if who == "anonymous" and (needs != rule or needs not in rights):
        return "login"
    if needs in rights:
        return "allowed"
    return "refused" if VIEW in rights else "not there"


@pytest.fixture
def urls(world):
    from django.contrib.contenttypes.models import ContentType

    comment = world.arguments["comment-delete"]["pk"]
    content_type = ContentType.objects.get_for_model(world.target).pk
    world.arguments |= {
        "comments-flag": {"comment_id": comment},
        "comments-delete": {"comment_id": comment},
        "comments-approve": {"comment_id": comment},
        "comments-url-redirect": {"content_type_id": content_type, "object_id": world.target.pk},
    }
    return {address.name: address for address in addresses(world.arguments)}


@pytest.mark.parametrize("world", ["PRIVATE"], indirect=True)
def test_every_address_has_a_rule(urls):
    unruled = [name for name in urls if name not in TARGET_PAGES and name not in RULE_OF and not name.startswith(OUTSIDE)]
    assert not unruled, f"say who may open it: {unruled}"
    assert not [name for name in [*TARGET_PAGES, *RULE_OF] if name not in urls], "these addresses are no longer there"


@pytest.mark.parametrize(
    ("world", "method"),
    [
        ("PRIVATE", "get"),
        ("PRIVATE", "head"),
        ("PRIVATE", "post"),
        ("PUBLIC", "get"),
        ("PUBLIC", "post"),
        ("OPEN", "get"),
        ("OPEN", "post"),
    ],
    indirect=["world"],
)
def test_pages_of_a_target(world, urls, method):
    wrong = []
    for who in PEOPLE:
        client = client_for(world.people[who])
        for name, (get_rule, post_rule) in TARGET_PAGES.items():
            rule = post_rule if method == "post" else get_rule
            if rule is None:
                continue
            wanted = expected(rule, who, world.target.permissions)
            if method == "post" and wanted == "allowed":
                continue  # what it then does is the matter of its own tests
            answer = ask(client, urls[name].url, method)
            if outcome(answer) != wanted:
                wrong.append((name, who, outcome(answer), "wanted", wanted))
            if wanted == "login" and answer.status_code == 302 and "next=" not in answer["Location"]:
                wrong.append((name, who, "login without next"))
    assert not wrong


@pytest.mark.parametrize("world", ["PRIVATE"], indirect=True)
@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_hidden_answers_like_missing(world, urls, who):
    client = client_for(world.people[who])
    told_apart = []
    for name in TARGET_PAGES:
        hidden = urls[name]
        if name == "comments-url-redirect":
            other = {**hidden.arguments, "object_id": MISSING}
        elif name == "data-file":
            other = {"path": "nothing/here.csv"}
        elif name == "observations:create":
            other = hidden.arguments
        else:
            other = {key: MISSING if isinstance(value, int) else value for key, value in hidden.arguments.items()}
        query = f"?target_id={MISSING}" if name == "observations:create" else hidden.url.partition("?")[1] + hidden.url.partition("?")[2]
        missing_url = reverse(name, kwargs=other) + query
        for method in ("get", "head", "post", "put", "patch", "delete"):
            one, two = ask(client, hidden.url, method), ask(client, missing_url, method)
            if said(one, hidden.url) != said(two, missing_url):
                told_apart.append((name, method, one.status_code, two.status_code))
    assert not told_apart


def said(answer, url) -> tuple:
    """All that an answer says, but for the address that was asked."""
    from urllib.parse import quote

    body = scrubbed(answer.body)
    headers = {
        key: scrubbed(value.encode()) for key, value in answer.items() if key not in ("Set-Cookie", "Content-Length", "X-Request-ID")
    }
    for form in (url, quote(url, safe="/"), quote(url, safe="")):
        body = body.replace(form.encode(), b"<url>")
        headers = {key: value.replace(form.encode(), b"<url>") for key, value in headers.items()}
    return answer.status_code, headers, body


@pytest.mark.parametrize("world", ["PRIVATE"], indirect=True)
@pytest.mark.parametrize("who", PEOPLE)
def test_other_pages(world, urls, who):
    wrong = []
    client = client_for(world.people[who])
    for name, rule in RULE_OF.items():
        if rule == ANY:
            continue
        answer = ask(client, urls[name].url)
        found = outcome(answer)
        if rule == OPEN:
            fine = found == "allowed"
        elif who == "anonymous":
            fine = found == "login" or (name == "account_confirm_login_code" and answer.status_code == 302)
        elif rule == SUPERUSER:
            fine = found == "allowed" if who == "superuser" else found in ("refused", "not there")
        elif rule == OWN:
            others_own = name == "user-update" and answer.status_code == 302  # led to one's own
            fine = found == "allowed" if who in ("owner", "superuser") or others_own else found == "not there" or answer.status_code == 405
        else:
            fine = found != "broken"
        if not fine:
            wrong.append((name, rule, found, answer.status_code))
    assert not wrong
