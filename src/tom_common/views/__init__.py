"""The pages of tom_common."""

from tom_common.views.comments import CommentDeleteView, PostCommentView
from tom_common.views.groups import GroupCreateView, GroupDeleteView, GroupUpdateView
from tom_common.views.home import HomePanelView, HomeView
from tom_common.views.site import FaviconView, NameSearchView, RobotsView, StyleguideView
from tom_common.views.terms import TermsAcceptView, TermsOfServiceView
from tom_common.views.users import (
    RegenerateAPITokenView,
    RevealAPITokenView,
    UserApprovalView,
    UserCreateView,
    UserDeleteView,
    UserListView,
    UserPasswordChangeView,
    UserProfileView,
    UserUpdateView,
)

__all__ = [
    "CommentDeleteView",
    "FaviconView",
    "GroupCreateView",
    "GroupDeleteView",
    "GroupUpdateView",
    "HomePanelView",
    "HomeView",
    "NameSearchView",
    "PostCommentView",
    "RegenerateAPITokenView",
    "RevealAPITokenView",
    "RobotsView",
    "StyleguideView",
    "TermsAcceptView",
    "TermsOfServiceView",
    "UserApprovalView",
    "UserCreateView",
    "UserDeleteView",
    "UserListView",
    "UserPasswordChangeView",
    "UserProfileView",
    "UserUpdateView",
]
