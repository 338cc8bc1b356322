"""Shapes of the login and of a person's settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.dates import MONTHS

from revops.people.choices import HourCycle, Role, Theme
from revops.people.selectors import ZONE_NAMES


class LoginForm(AuthenticationForm):
    """Mail address and password; every refusal reads the same, whether the account exists."""

    error_messages = {
        "invalid_login": "Mail address and password do not match an account that may log in.",
        "inactive": "Mail address and password do not match an account that may log in.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the fields."""
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Mail address"
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "maxlength": 254}
        )

    def clean_username(self) -> str:
        """Return the address as accounts store it, so that counting tries ignores its case."""
        return str(self.cleaned_data["username"]).strip().lower()


class SampleForm(forms.Form):
    """The role somebody looks at the sample company with."""

    role = forms.ChoiceField(choices=Role.choices)


class ThemeForm(forms.Form):
    """The theme alone."""

    theme = forms.ChoiceField(choices=Theme.choices, required=False)


class ProfileForm(forms.Form):
    """How a person wants to see the product."""

    timezone = forms.ChoiceField(
        label="Time zone",
        required=False,
        help_text="Instants are shown in it. Quarters and weeks follow the agreement's zone.",
    )
    hour_cycle = forms.ChoiceField(
        label="Time of day", choices=HourCycle.choices, widget=forms.RadioSelect
    )
    theme = forms.ChoiceField(
        label="Colours", choices=Theme.choices, required=False, widget=forms.RadioSelect
    )
    has_shortcuts = forms.BooleanField(
        label="Single-key shortcuts",
        required=False,
        help_text="c, a, r, j, k and others act while you are not typing. "
        "Switch them off if you dictate or a key is pressed by accident.",
    )

    def __init__(self, *args: Any, organization_zone: str, **kwargs: Any) -> None:
        """Offer the zones; the empty choice names the organisation's."""
        super().__init__(*args, **kwargs)
        field = self.fields["timezone"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                ("", f"As the organisation ({organization_zone.replace('_', ' ')})"),
                *((name, name.replace("_", " ")) for name in ZONE_NAMES),
            ]


class OrganizationForm(forms.Form):
    """What every number needs to know of the organisation."""

    name = forms.CharField(label="Organisation", max_length=120)
    timezone = forms.ChoiceField(
        label="Zone",
        choices=[(zone, zone.replace("_", " ")) for zone in ZONE_NAMES],
    )
    currency = forms.RegexField(
        label="Currency",
        regex=r"^[A-Z]{3}$",
        max_length=3,
        error_messages={"invalid": "Write the code of three letters, such as EUR."},
    )
    fiscal_year_start_month = forms.TypedChoiceField(
        label="Fiscal year begins in", choices=list(MONTHS.items()), coerce=int
    )


class PersonForm(forms.Form):
    """Somebody who is to log in."""

    name = forms.CharField(label="Name", max_length=120)
    email = forms.EmailField(label="Mail address", max_length=254)
    role = forms.ChoiceField(label="Role", choices=Role.choices)
    password = forms.CharField(
        label="First password", max_length=128, strip=False, widget=forms.PasswordInput
    )
