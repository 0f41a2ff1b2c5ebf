"""Password validators that a TOM may add to ``AUTH_PASSWORD_VALIDATORS``."""

from __future__ import annotations

import string
from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError


class CharacterClassValidator:
    """The password must have characters of at least ``min_classes`` of: small letters, capitals, digits, others."""

    def __init__(self, min_classes: int = 3) -> None:
        self.min_classes = min_classes

    def validate(self, password: str, user: Any = None) -> None:
        classes = [
            any(character.islower() for character in password),
            any(character.isupper() for character in password),
            any(character.isdigit() for character in password),
            any(not character.isalnum() or character in string.punctuation for character in password),
        ]
        if sum(classes) < self.min_classes:
            raise ValidationError(self.get_help_text(), code="password_too_few_character_classes")

    def get_help_text(self) -> str:
        return f"Your password must contain characters of at least {self.min_classes} of these: small letters, capital letters, digits, other characters."


class NotSameAsCurrentPasswordValidator:
    """A changed password must differ from the one in use."""

    def validate(self, password: str, user: Any = None) -> None:
        stored = getattr(user, "password", "") if user is not None and getattr(user, "pk", None) else ""
        if stored and check_password(password, stored):
            raise ValidationError(self.get_help_text(), code="password_same_as_current")

    def get_help_text(self) -> str:
        return "Your new password must not be the one you have now."
