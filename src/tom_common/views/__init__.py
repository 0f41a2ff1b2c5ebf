"""The pages of tom_common."""

from tom_common.views.comments import CommentDeleteView, PostCommentView
from tom_common.views.groups import GroupCreateView, GroupDeleteView, GroupDetailView, GroupMembersView, GroupUpdateView
from tom_common.views.home import HomeLayoutView, HomePanelView, HomeView
from tom_common.views.security import ResetSecondFactorView, SecurityLogView
from tom_common.views.site import FaviconView, NameSearchView, NameSuggestView, RobotsView, StyleguideView
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
    UserStateView,
    UserUpdateView,
)
from tom_common.views.view_as import ViewAsStartView, ViewAsStopView

__all__ = [
    "CommentDeleteView",
    "FaviconView",
    "GroupCreateView",
    "GroupDeleteView",
    "GroupDetailView",
    "GroupMembersView",
    "GroupUpdateView",
    "HomeLayoutView",
    "HomePanelView",
    "HomeView",
    "NameSearchView",
    "NameSuggestView",
    "PostCommentView",
    "RegenerateAPITokenView",
    "ResetSecondFactorView",
    "RevealAPITokenView",
    "RobotsView",
    "SecurityLogView",
    "StyleguideView",
    "TermsAcceptView",
    "TermsOfServiceView",
    "UserApprovalView",
    "UserCreateView",
    "UserDeleteView",
    "UserListView",
    "UserPasswordChangeView",
    "UserProfileView",
    "UserStateView",
    "UserUpdateView",
    "ViewAsStartView",
    "ViewAsStopView",
]
