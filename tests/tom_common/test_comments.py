import html
import io
import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_comments.forms import CommentForm
from django_comments.models import Comment
from PIL import Image

from tom_common import comments
from tom_common.markup import ALLOWED_TAGS, markdown_to_html
from tom_common.models import CommentAttachment, CommentEdit, CommentMention
from tom_common.services.comments import edit_comment, mail_mentions, post_comment

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def visibility(monkeypatch):
    """A group stands for any object here: its members see it."""
    monkeypatch.setattr(
        comments, "_visible", {Group: lambda user: Group.objects.filter(user=user.pk) if user and user.pk else Group.objects.none()}
    )
    monkeypatch.setattr(Group, "get_absolute_url", lambda self: f"/group/{self.pk}/", raising=False)


@pytest.fixture
def cast():
    seen, hidden = Group.objects.create(name="seen"), Group.objects.create(name="hidden")
    member, boss = User.objects.create_user("member"), User.objects.create_superuser("boss")
    seen.user_set.add(member)
    return seen, hidden, member, boss


def comment_on(obj, user, text="A comment"):
    return Comment.objects.create(
        content_type=ContentType.objects.get_for_model(obj), object_pk=str(obj.pk), site=Site.objects.get_current(), user=user, comment=text
    )


def test_recent_comments_are_those_on_visible_objects(cast, client):
    seen, hidden, member, boss = cast
    comment_on(hidden, boss, "a secret")
    comment_on(seen, boss, "an open word")
    assert [item.comment for item in comments.visible_comments(member)] == ["an open word"]
    assert comments.visible_comments(None) == []
    client.force_login(member)
    page = client.get("/").content.decode()
    assert "an open word" in page
    assert "a secret" not in page


def test_hidden_comments_do_not_push_out_visible_ones(cast, django_assert_max_num_queries):
    seen, hidden, member, boss = cast
    comment_on(seen, boss, "the oldest")
    for _ in range(30):
        comment_on(hidden, boss)
    with django_assert_max_num_queries(8):
        assert [item.comment for item in comments.visible_comments(member, limit=5)] == ["the oldest"]


def post(client, obj, text="Hello", **changes):
    form = CommentForm(obj)
    data = {**form.generate_security_data(), "content_type": form["content_type"].value(), "comment": text}
    data |= {"name": "x", "email": "x@example.org", "url": "", "honeypot": "", "next": "/", **changes}
    return client.post(reverse("comments-post-comment"), data)


def test_posting_is_for_those_who_see_the_object(cast, client):
    seen, hidden, member, _ = cast
    assert "/accounts/login/" in post(client, seen)["Location"]
    client.force_login(member)
    assert post(client, hidden).status_code == 404
    assert Comment.objects.count() == 0
    assert post(client, seen).status_code == 302
    assert Comment.objects.get().user == member


def test_deleting_is_for_the_author_and_superusers_and_asks_first(cast, client):
    seen, hidden, member, boss = cast
    own, of_boss, out_of_sight = comment_on(seen, member), comment_on(seen, boss), comment_on(hidden, boss)
    url = reverse("comment-delete", args=[own.pk])
    assert "/accounts/login/" in client.get(url)["Location"]
    client.force_login(member)
    assert client.get(url).status_code == 200
    assert Comment.objects.count() == 3
    assert client.post(reverse("comment-delete", args=[of_boss.pk])).status_code == 403
    assert client.post(reverse("comment-delete", args=[out_of_sight.pk])).status_code == 404
    assert client.post(reverse("comment-delete", args=[99999])).status_code == 404
    assert client.post(url)["Location"] == f"/group/{seen.pk}/"
    client.force_login(boss)
    client.post(reverse("comment-delete", args=[of_boss.pk]))
    assert list(Comment.objects.all()) == [out_of_sight]


# --- posting: what comes with it -----------------------------------------------------------------------------------------
def png():
    content = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(content, "PNG")
    return content.getvalue()


PNG = png()


def upload(name, content, kind="application/octet-stream"):
    return SimpleUploadedFile(name, content, kind)


def test_somebody_without_an_address_comments_too_and_in_their_own_name(cast, client):
    seen, _, member, _ = cast
    client.force_login(member)
    assert post(client, seen, name="The director", email="").status_code == 302
    comment = Comment.objects.get()
    assert (comment.user, comment.user_name, comment.user_email) == (member, "member", "")


def test_the_same_text_twice_is_one_comment(cast, client):
    seen, _, member, _ = cast
    client.force_login(member)
    post(client, seen, files=[upload("a.txt", b"a")])
    post(client, seen, files=[upload("a.txt", b"a")])
    assert Comment.objects.count() == 1
    assert CommentAttachment.objects.count() == 1


def test_a_form_that_lay_open_for_too_long_gives_the_text_back(cast, client):
    seen, _, member, _ = cast
    client.force_login(member)
    answer = post(client, seen, text="Long thoughts", timestamp="1000000000")
    assert answer.status_code == 400
    assert "Long thoughts" in answer.content.decode()
    assert "open for too long" in answer.content.decode()
    assert not Comment.objects.exists()


def test_what_looks_like_spam_and_empty_text_are_not_taken(cast, client):
    seen, _, member, _ = cast
    client.force_login(member)
    for changes in ({"honeypot": "x"}, {"comment": "   "}, {"comment": "x" * 4000}, {"comment": "a\x00b"}, {"security_hash": "0" * 40}):
        assert post(client, seen, **changes).status_code == 400, changes
    assert not Comment.objects.exists()


def test_hidden_and_missing_answer_alike(cast, client):
    _, hidden, member, _ = cast
    ghost = Group(pk=hidden.pk + 999, name="ghost")
    client.force_login(member)
    assert {post(client, hidden).status_code, post(client, ghost).status_code} == {404}
    for name in ("comment-thread", "comment-people"):
        answers = [client.get(reverse(name, args=["auth", "group", key])) for key in (hidden.pk, ghost.pk, "x", 2**70)]
        assert {answer.status_code for answer in answers} == {404}, name
    assert client.get(reverse("comment-thread", args=["no", "such", 1])).status_code == 404


def test_a_tom_without_comments_has_none(cast, client, settings):
    settings.COMMENTS_ENABLED = False
    seen, _, member, _ = cast
    client.force_login(member)
    assert post(client, seen).status_code == 404
    assert client.get(reverse("comment-thread", args=["auth", "group", seen.pk])).status_code == 404


def test_preview_shows_and_keeps_nothing(cast, client):
    seen, _, member, _ = cast
    assert "/accounts/login/" in client.post(reverse("comment-preview"), {"comment": "x"})["Location"]
    client.force_login(member)
    part = client.post(reverse("comment-preview"), {"comment": "**bold** <script>alert(1)</script>"}).content.decode()
    assert "<strong>bold</strong>" in part
    assert "<script" not in part
    page = post(client, seen, text="**bold**", preview="preview")
    assert page.status_code == 200
    assert "<strong>bold</strong>" in page.content.decode()
    assert not Comment.objects.exists()


# --- attachments ---------------------------------------------------------------------------------------------------------
def test_an_attachment_is_for_those_who_see_the_object(cast, client, client_of, tmp_path):
    seen, _, member, boss = cast
    client.force_login(member)
    assert (
        post(client, seen, files=[upload("curve plot.png", PNG), upload("../../evil\\notes.txt", b"<script>1</script>")]).status_code == 302
    )
    image, notes = CommentAttachment.objects.all()
    assert (image.name, image.mime_type, image.is_image) == ("curve plot.png", "image/png", True)
    assert (notes.name, notes.mime_type, notes.is_image) == ("notes.txt", "text/plain", False)
    assert image.file.name.startswith("comments/")
    assert "curve" not in image.file.name
    shown = client.get(reverse("comment-attachment", args=[image.pk]))
    assert shown["Content-Type"] == "image/png"
    assert shown["Content-Disposition"].startswith("inline")
    assert b"".join(shown.streaming_content) == PNG
    given = client.get(reverse("comment-attachment", args=[notes.pk]))
    assert given["Content-Disposition"] == 'attachment; filename="notes.txt"'
    assert (given["X-Content-Type-Options"], given["Content-Security-Policy"]) == ("nosniff", "sandbox; default-src 'none'")
    assert b"".join(given.streaming_content) == b"<script>1</script>"
    stranger = client_of(User.objects.create_user("stranger"))
    assert stranger.get(reverse("comment-attachment", args=[image.pk])).status_code == 404
    assert stranger.get(reverse("comment-attachment", args=[99999])).status_code == 404
    assert "/accounts/login/" in client_of(None).get(reverse("comment-attachment", args=[image.pk]))["Location"]
    of_boss = client_of(boss).get(reverse("comment-attachment", args=[image.pk]))
    assert of_boss.status_code == 200
    assert b"".join(of_boss.streaming_content) == PNG
    assert client.get(f"/data/{image.file.name}").status_code == 404, "the storage has no other door"
    Comment.objects.update(is_removed=True)
    assert client.get(reverse("comment-attachment", args=[image.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("page.html", b"<script>1</script>", "not taken"), ("run.exe", b"MZ", "not taken"), ("drawing.svg", b"<svg/>", "not taken"),
     ("big.txt", b"x" * 200, "allowed"), ("nothing", b"x", "not taken")],
)  # fmt: skip
def test_files_that_are_not_taken(cast, client, settings, name, content, said):
    settings.TOM_COMMENT_ATTACHMENT_MAX_BYTES = 100
    seen, _, member, _ = cast
    client.force_login(member)
    answer = post(client, seen, text="With a file", files=[upload(name, content)])
    assert answer.status_code == 400
    page = html.unescape(answer.content.decode())
    assert said in page
    assert "With a file" in page, "the text is not lost"
    assert not Comment.objects.exists()
    assert not CommentAttachment.objects.exists()


def test_no_more_files_than_allowed(cast, client, settings):
    settings.TOM_COMMENT_ATTACHMENTS_MAX = 1
    seen, _, member, _ = cast
    client.force_login(member)
    assert post(client, seen, files=[upload("a.txt", b"a"), upload("b.txt", b"b")]).status_code == 400
    assert not Comment.objects.exists()


def test_what_only_calls_itself_an_image_is_never_shown(cast, client):
    seen, _, member, _ = cast
    client.force_login(member)
    post(client, seen, files=[upload("fake.png", b"<html><script>alert(1)</script>", "image/png")])
    attachment = CommentAttachment.objects.get()
    assert (attachment.is_image, attachment.mime_type) == (False, "application/octet-stream")
    answer = client.get(reverse("comment-attachment", args=[attachment.pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    answer.close()


def test_files_go_with_their_comment(cast, client, django_capture_on_commit_callbacks):
    seen, _, member, _ = cast
    client.force_login(member)
    post(client, seen, files=[upload("a.txt", b"a")])
    attachment = CommentAttachment.objects.get()
    storage, name = attachment.file.storage, attachment.file.name
    assert storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("comment-delete", args=[Comment.objects.get().pk]))
    assert not CommentAttachment.objects.exists()
    assert not storage.exists(name)


def test_a_storage_without_paths_does(cast, client, settings):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    seen, _, member, _ = cast
    client.force_login(member)
    assert post(client, seen, files=[upload("a.txt", b"kept in memory")]).status_code == 302
    answer = client.get(reverse("comment-attachment", args=[CommentAttachment.objects.get().pk]))
    assert b"".join(answer.streaming_content) == b"kept in memory"
    answer.close()


# --- editing -------------------------------------------------------------------------------------------------------------
def test_the_author_edits_and_what_it_said_is_kept(cast, client, client_of):
    seen, hidden, member, boss = cast
    own, of_boss, out_of_sight = comment_on(seen, member, "Before"), comment_on(seen, boss), comment_on(hidden, member)
    url = reverse("comment-edit", args=[own.pk])
    assert "/accounts/login/" in client.get(url)["Location"]
    client.force_login(member)
    assert "Before" in client.get(url).content.decode()
    assert client.get(reverse("comment-edit", args=[of_boss.pk])).status_code == 403
    assert client.post(reverse("comment-edit", args=[out_of_sight.pk]), {"comment": "x"}).status_code == 404, "not seen any more"
    assert client_of(boss).post(url, {"comment": "Not mine"}).status_code == 403
    assert client.post(url, {"comment": " "}).status_code == 400
    assert client.post(url, {"comment": "After"})["Location"] == f"/group/{seen.pk}/#c{own.pk}"
    own.refresh_from_db()
    assert own.comment == "After"
    assert [(edit.text_before, edit.editor) for edit in CommentEdit.objects.all()] == [("Before", member)]
    page = client.get(reverse("comment-thread", args=["auth", "group", seen.pk])).content.decode()
    assert "edited" in page


# --- mentions ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def colleagues(cast):
    seen = cast[0]
    near, far = User.objects.create_user("near.by", "near@example.org"), User.objects.create_user("far-off", "far@example.org")
    near.groups.add(seen)
    return near, far


def test_a_mention_tells_those_who_see_the_object_and_nobody_else(
    cast, colleagues, client, client_of, mailoutbox, django_capture_on_commit_callbacks
):
    seen, _, member, _ = cast
    near, far = colleagues
    client.force_login(member)
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(client, seen, text="Look, @near.by, @far-off, @nobody and @member. Not mail@near.by")
    assert answer.status_code == 302
    assert [(mention.user, mention.read_at) for mention in CommentMention.objects.all()] == [(near, None)]
    assert [mail.to for mail in mailoutbox] == [["near@example.org"]]
    assert "Look, @near.by" in mailoutbox[0].body
    page = client_of(near).get("/").content.decode()
    assert "Mentions of you" in page
    assert "Mentions of you" not in client_of(far).get("/").content.decode()
    assert CommentMention.objects.get().read_at is None, "looking changes nothing"
    assert client_of(far).post(reverse("comment-mentions-read")).status_code == 302
    assert CommentMention.objects.get().read_at is None
    assert client_of(near).post(reverse("comment-mentions-read"), {"next": "https://elsewhere.example/"})["Location"] == "/"
    assert CommentMention.objects.get().read_at is not None
    assert "Mentions of you" not in client_of(near).get("/").content.decode()
    assert "/accounts/login/" in client_of(None).post(reverse("comment-mentions-read"))["Location"]


def test_who_lost_the_right_is_not_told_any_more(cast, colleagues, client, client_of, mailoutbox):
    seen, _, member, _ = cast
    near, _ = colleagues
    client.force_login(member)
    post(client, seen, text="@near.by!")
    seen.user_set.remove(near)
    assert comments.mentions_of(near) == []
    assert mail_mentions(Comment.objects.get().pk) == 0
    assert mailoutbox == []


def test_an_edit_mentions_anew_and_takes_back(cast, colleagues, django_capture_on_commit_callbacks, mailoutbox):
    seen, _, member, boss = cast
    with django_capture_on_commit_callbacks(execute=True):
        comment = post_comment(actor=member, obj=seen, text="@near.by")
        edit_comment(actor=member, comment=comment, text="@near.by again")
        edit_comment(actor=member, comment=comment, text="@boss")
    assert [mention.user for mention in CommentMention.objects.all()] == [boss]
    assert len(mailoutbox) <= 1


def test_whom_one_can_mention_is_whom_one_knows_and_who_sees_the_object(cast, colleagues, client):
    seen, _, member, _ = cast
    _, far = colleagues
    member.groups.add(Group.objects.create(name="club"))
    far.groups.add(Group.objects.get(name="club"))  # known, but does not see the object
    url = reverse("comment-people", args=["auth", "group", seen.pk])
    assert "/accounts/login/" in client.get(url)["Location"]
    client.force_login(member)
    assert [one["username"] for one in client.get(url).json()["people"]] == ["near.by"]
    assert client.get(url, {"q": "far"}).json() == {"people": []}
    assert client.get(url, {"q": "\x00%_"}).json() == {"people": []}


# --- which comments one is shown -----------------------------------------------------------------------------------------
def test_what_no_app_has_spoken_for_is_for_superusers_and_holders_of_the_right(cast, client):
    _, _, member, boss = cast
    site = Site.objects.get_current()
    comment_on(site, boss, "On the site")
    assert comments.visible_comments(member) == []
    assert [item.comment for item in comments.visible_comments(boss)] == ["On the site"]
    member.user_permissions.add(Permission.objects.get(codename="view_site"))
    member = User.objects.get(pk=member.pk)
    assert comments.may_see(member, site)
    assert [item.comment for item in comments.visible_comments(member)] == ["On the site"]


def test_an_old_comment_is_found_behind_any_number_of_hidden_ones(cast, monkeypatch, django_assert_max_num_queries):
    seen, hidden, member, boss = cast
    monkeypatch.setattr(comments, "FIRST", 3)
    monkeypatch.setattr(comments, "WINDOWS", (5, 10))
    old = comment_on(seen, boss, "the oldest")
    for _ in range(30):
        comment_on(hidden, boss)
    with django_assert_max_num_queries(13):
        assert comments.visible_comments(member, limit=5) == [old]


def test_orphans_and_foreign_keys_of_other_shapes_do_no_harm(cast):
    seen, _, member, boss = cast
    lost = comment_on(seen, boss)
    Comment.objects.filter(pk=lost.pk).update(object_pk="not a number")
    comment_on(seen, boss, "sound")
    assert [item.comment for item in comments.visible_comments(boss)] == ["sound"]
    assert [item.comment for item in comments.visible_comments(member)] == ["sound"]


def test_a_thread_costs_the_same_with_many_comments(cast, client, django_assert_max_num_queries):
    seen, _, member, boss = cast
    url = reverse("comment-thread", args=["auth", "group", seen.pk])
    client.force_login(member)
    for number in range(120):
        comment = comment_on(seen, boss, f"Word {number}")
        CommentAttachment.objects.create(
            comment_id=comment.pk, file=f"comments/{number}", name="a.txt", mime_type="text/plain", size_bytes=1
        )
    client.get(url)
    with django_assert_max_num_queries(12):
        page = client.get(url).content.decode()
    assert "Word 119" in page
    assert "Word 60" not in page
    assert "Word 60" in client.get(url, {"page": 2}).content.decode()


XSS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)", "[x](vbscript:x)", "![x](javascript:alert(1))", "![x](https://evil.example/pixel.png)",
    "![x](//evil.example/p.png)", "<a href='javascript:alert(1)'>x</a>", "<iframe src=//evil.example></iframe>", "<form action=/users/1/delete/><button>x",
    "<style>body{display:none}</style>", "<div style='position:fixed' class='modal' id='content'>x</div>", "<input autofocus onfocus=alert(1)>",
    "<a href=x hx-get=/admin hx-trigger=load>x</a>", "<math><mtext></p><script>alert(1)</script>", "<!--<img src=--><img src=x onerror=alert(1)//>",
    "<a href=\"x\" target=_blank ping=//evil.example>x</a>", "```\n</code></pre><script>alert(1)</script>\n```", "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>", "<img src=/comments/attachment/1/ onload=alert(1)>", "<img src=/users/logout/>",
    "[a](\"onmouseover=alert(1))", "| a |\n|---|\n| <script>alert(1)</script> |", "<table background=javascript:alert(1)><tr><td>x",
]  # fmt: skip
ALLOWED_ATTRIBUTES = {"href", "title", "rel", "src", "alt"}


@pytest.mark.parametrize("text", XSS)
def test_nothing_that_is_written_runs_loads_or_imitates(text):
    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag in ALLOWED_TAGS
            assert {name for name, _ in attrs} <= ALLOWED_ATTRIBUTES
            values = dict(attrs)
            if tag == "img":
                assert re.fullmatch(r"/comments/attachment/\d+/", values["src"])
            if tag == "a" and "href" in values:
                assert not re.match(r"\s*(javascript|data|vbscript):", values["href"], re.I)
                assert {"noopener", "noreferrer", "nofollow"} <= set(values["rel"].split())

    Reader(convert_charrefs=True).feed(markdown_to_html(text))


def test_what_markdown_is_for_stays():
    shown = markdown_to_html(
        "# No page title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode < 1\n```\n\n![the curve](/comments/attachment/7/)"
    )
    for part in ("<table>", "<td>1</td>", "code &lt; 1", '<img alt="the curve" src="/comments/attachment/7/">'):
        assert part in shown
    assert "<h1" not in shown
    assert markdown_to_html("![the curve](https://evil.example/x.png)") == "<p>the curve</p>"


# --- over REST ---------------------------------------------------------------------------------------------------------------
def test_comments_over_rest_go_by_the_rights_of_the_pages(cast, client_of):
    seen, hidden, member, boss = cast
    theirs, secret = comment_on(seen, boss, "an open word"), comment_on(hidden, boss, "a secret")
    mine = comment_on(seen, member, "my own")
    address = {comment: f"/api/comments/{comment.pk}/" for comment in (theirs, secret, mine)}
    one, other, visitor = client_of(member), client_of(User.objects.create_user("stranger")), client_of(None)
    listed = one.get("/api/comments/").json()
    assert [row["comment"] for row in listed["results"]] == ["my own", "an open word"]
    assert listed["count"] == 2
    assert [row["mine"] for row in listed["results"]] == [True, False]
    assert other.get("/api/comments/").json()["results"] == visitor.get("/api/comments/").json()["results"] == []
    assert [row["id"] for row in client_of(boss).get("/api/comments/").json()["results"]] == [mine.pk, secret.pk, theirs.pk]

    answers = {}
    for who, client in (("member", one), ("stranger", other), ("visitor", visitor)):
        for name, comment in (("mine", mine), ("theirs", theirs), ("secret", secret)):
            read = client.get(address[comment]).status_code
            changed = client.patch(address[comment], {"comment": "mended"}, content_type="application/json").status_code
            answers[who, name] = (read, changed)
    assert answers == {
        ("member", "mine"): (200, 200), ("member", "theirs"): (200, 403), ("member", "secret"): (404, 404),
        **{("stranger", name): (404, 404) for name in ("mine", "theirs", "secret")},
        **{("visitor", name): (401, 401) for name in ("mine", "theirs", "secret")},
    }  # fmt: skip
    assert CommentEdit.objects.get().text_before == "my own"
    assert one.get(address[mine]).json()["edited_at"]
    missing = one.get("/api/comments/987654321/").content
    assert missing == one.get(address[secret]).content
    assert client_of(boss).patch(address[mine], {"comment": "no"}, content_type="application/json").status_code == 403
    assert [client.delete(address[theirs]).status_code for client in (visitor, other, one)] == [401, 404, 403]
    assert one.delete(address[mine]).status_code == client_of(boss).delete(address[secret]).status_code == 204
    assert [comment.pk for comment in Comment.objects.all()] == [theirs.pk]


def test_a_comment_is_written_over_rest(cast, client_of):
    seen, hidden, member, boss = cast
    client = client_of(member)

    def post(obj, text="**Bright**, @boss", **more):
        return client.post("/api/comments/", {"content_type": "auth.group", "object_pk": obj.pk, "comment": text, **more})

    made = post(seen, files=SimpleUploadedFile("notes.txt", b"12.3"))
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["comment"], body["author"], body["content_type"], body["mine"]) == ("**Bright**, @boss", "member", "auth.group", True)
    assert client.get(body["attachments"][0]["url"]).getvalue() == b"12.3"
    assert client.get(made["Location"]).json() == body
    assert CommentMention.objects.get().user == boss
    assert post(hidden).status_code == 404
    assert post(hidden).json() == post(Group(pk=987654321)).json()
    assert post(seen, text="  ").status_code == 400
    assert "comment" in post(seen, text="x" * 5000).json()
    assert "files" in post(seen, text="A file", files=SimpleUploadedFile("run.exe", b"MZ")).json()
    nothing = client.post("/api/comments/", {"content_type": "no.such", "object_pk": "1", "comment": "x"})
    assert nothing.status_code == 404
    assert client_of(None).post("/api/comments/", {"content_type": "auth.group", "object_pk": seen.pk, "comment": "x"}).status_code == 401
    assert Comment.objects.count() == 1
    moved = client.patch(made["Location"], {"object_pk": str(hidden.pk)}, content_type="application/json")
    assert moved.status_code == 400 or moved.json()["object_pk"] == str(seen.pk)
    etag = client.get(made["Location"])["ETag"]
    assert (
        client.patch(made["Location"], {"comment": "Faint"}, content_type="application/json", headers={"If-Match": etag}).status_code == 200
    )
    assert client.patch(made["Location"], {"comment": "No"}, content_type="application/json", headers={"If-Match": etag}).status_code == 412
    assert client.delete(made["Location"]).status_code == 204
    assert not CommentAttachment.objects.exists()


def test_a_moderator_turns_away_what_comes_over_rest_too(cast, client_of):
    from django_comments.signals import comment_will_be_posted

    seen, _, member, _ = cast

    def refuse(sender, comment, request, **kwargs):
        return "spam" not in comment.comment

    comment_will_be_posted.connect(refuse)
    try:
        said = client_of(member).post("/api/comments/", {"content_type": "auth.group", "object_pk": seen.pk, "comment": "spam"})
    finally:
        comment_will_be_posted.disconnect(refuse)
    assert (said.status_code, said.json()) == (400, {"comment": ["This comment was turned away."]})
    assert not Comment.objects.exists()


def test_comments_over_rest_are_narrowed_and_cost_the_same(cast, client_of, settings):
    seen, _, member, boss = cast
    other = Group.objects.create(name="other")
    other.user_set.add(member)
    client = client_of(member)

    def asked(**query):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get("/api/comments/", query)
        assert answer.status_code == 200
        return [row["comment"] for row in answer.json()["results"]], len(captured)

    comment_on(seen, boss, "first")
    comment_on(other, boss, "second")
    assert asked(content_type="auth.group", object_pk=other.pk)[0] == ["second"]
    assert asked(content_type="auth.user")[0] == asked(content_type="nonsense")[0] == []
    assert asked(since="2999-01-01T00:00:00Z")[0] == []
    few = asked()[1]
    for number in range(10):
        comment_on(seen if number % 2 else other, boss, f"more {number}")
    rows, many = asked()
    assert len(rows) == 12
    assert many <= few
    settings.COMMENTS_ENABLED = False
    assert client.get("/api/comments/").status_code == 404
