import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.urls import reverse
from django_comments.forms import CommentForm
from django_comments.models import Comment

from tom_common import comments

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def visibility(monkeypatch):
    """A group stands for any object here: its members see it."""
    monkeypatch.setattr(comments, "_visible", {Group: lambda user: Group.objects.filter(user=user.pk) if user and user.pk else Group.objects.none()})
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
    with django_assert_max_num_queries(5):
        assert [item.comment for item in comments.visible_comments(member, limit=5)] == ["the oldest"]


def post(client, obj, text="Hello"):
    form = CommentForm(obj)
    data = {**form.generate_security_data(), "content_type": form["content_type"].value(), "comment": text}
    data |= {"name": "x", "email": "x@example.org", "url": "", "honeypot": "", "next": "/"}
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
