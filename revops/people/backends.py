"""Authentication: mail address and password; rights come from the one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.backends import ModelBackend

from revops.people import permissions

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class RoleBackend(ModelBackend):
    """Check the password as Django does, and rights by `permissions.RIGHTS`."""

    def has_perm(
        self,
        user_obj: AbstractBaseUser | AnonymousUser,
        perm: str,
        obj: Any = None,  # noqa: ARG002 - Django's signature
    ) -> bool:
        """Return whether the user's role holds `perm`."""
        return permissions.holds(user=user_obj, right=perm)
