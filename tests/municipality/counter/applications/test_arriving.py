"""How an application comes: on the form that the counter prints, and in no other way than the law's."""

import pytest
from django.urls import reverse

from tests.support.console import REVOCATION, Console, codes, page, scan

pytestmark = pytest.mark.django_db(databases="__all__")

FORMS = {
    "issuing": ("new_application", "Certificates to issue", True),
    "renewal": ("new_renewal", "Certificates to renew", True),
    "pin_reset": ("new_pin_reset", "Card-face entry", False),
    "revocation": ("new_revocation", "The holder hands the card in", False),
}


@pytest.mark.clause("S0-14b", "S3-15")
def test_who_comes_without_a_form_gets_one_printed(console: Console) -> None:
    client, resident, _application = console.issued()
    for procedure, (form_page, asked, agrees) in FORMS.items():
        address = reverse("counter:paper_form", args=[resident.public_id, procedure])
        assert f'href="{address}"' in page(client, form_page, resident.public_id)
        paper = page(client, "paper_form", resident.public_id, procedure)
        assert (resident.name in paper, resident.address in paper, asked in paper) == (True, True, True)
        assert ("I have read the terms of use" in paper) is agrees
        assert "imprisonment of up to 5 years or a fine of up to 3,000,000 yen" in paper
        assert resident.pk not in paper


def test_nobody_elses_form_is_printed_and_none_of_what_is_not_applied_for(console: Console) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:paper_form", args=[resident.public_id, "issuing"])
    refused = console.clerk(console.town.neighbour()).get(address)
    assert (refused.status_code, codes(refused.content.decode())) == (403, ["E_OFFICE_WRONG"])
    unknown = client.get(reverse("counter:paper_form", args=[resident.public_id, "loss"]))
    assert (unknown.status_code, codes(unknown.content.decode())) == (422, ["E_PROCEDURE_NOT_OFFERED"])


WAYS = {"post": "By post", "telephone": "By telephone", "online": "By smartphone or computer"}


SAID = {"post": "came by post", "telephone": "came by telephone", "online": "came by smartphone or computer"}
OF_REVOCATION = {"telephone": "E_REVOCATION_BY_TELEPHONE", "online": "E_REVOCATION_UNSIGNED"}


@pytest.mark.clause("S3-16", "S4-3.1", "S4-7.2b", "S4-10.1")
@pytest.mark.parametrize(
    ("procedure", "way", "code"),
    [
        *(("renewal", way, "E_CHANNEL_NOT_ALLOWED") for way in WAYS),
        ("issuing", "post", "E_CHANNEL_NOT_ALLOWED"),
        *(("revocation", way, OF_REVOCATION.get(way, "E_CHANNEL_NOT_ALLOWED")) for way in WAYS),
        *(("pin_reset", way, "E_CHANNEL_NOT_ALLOWED") for way in WAYS),
    ],
)
def test_what_comes_in_another_way_is_refused_by_name(
    console: Console, procedure: str, way: str, code: str
) -> None:
    client, resident, _application = console.issued()
    form_page = FORMS[procedure][0]
    sent = REVOCATION | {"purposes": ["signature"], "came_by": way, "terms_accepted": "on"}
    sent |= {"pins": ["signature"]}
    client.post(reverse(f"counter:{form_page}", args=[resident.public_id]), sent | {"copy_1": scan()})
    application = resident.applications.get(procedure=procedure, state="under_examination")
    shown = page(client, "application", application.number)
    assert code in codes(shown)
    assert WAYS[way] in shown
    assert SAID[way] in shown
    assert client.post(reverse("counter:approve", args=[application.number])).status_code == 422
    corrected = sent | {"came_by": "counter", "papers": ["applicant/driving_licence"]}
    client.post(reverse("counter:amend", args=[application.number]), corrected)
    assert code not in codes(page(client, "application", application.number))
