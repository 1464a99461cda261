"""`/api/contacts`, their consents and their imports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relance.contacts_csv import job
from relance.models import Consent, Contact, ContactImport, DoNotCall, FollowUp, clock, scheduling
from relance.models.scheduling import Plan
from tests import cast
from tests.api.client import Program, browser


class TestListing:
    def test_members_see_their_own_and_admins_all(
        self, home: cast.House, elsewhere: cast.House, maya: Program, tom: Program, priya: Program, anonymous: Program
    ) -> None:
        assert [c["name"] for c in maya.get("/contacts").items] == ["Daniel Brooks", "Sarah Lee"]
        assert [c["name"] for c in tom.get("/contacts").items] == ["Sarah Lee"]
        assert [c["name"] for c in priya.get("/contacts").items] == ["Daniel Brooks"]
        assert anonymous.get("/contacts").status == 401

    def test_filters_narrow(self, home: cast.House, maya: Program) -> None:
        today = clock.now().date()
        maya.patch(f"/contacts/{home.contact.public_id}", {"leadQuality": "HOT", "status": "INACTIVE"})
        maya.patch(f"/contacts/{home.contact.public_id}", {"nextFollowUpDate": str(today - timedelta(days=9))})
        maya.patch(f"/contacts/{home.others.public_id}", {"doNotCall": True})
        sarah, daniel = ["Sarah Lee"], ["Daniel Brooks"]
        wanted = {
            "q=sar": sarah,
            "q=lee sarah": sarah,
            "q=daniel.brooks@example.com": daniel,
            f"assignedTo={home.worker.public_id}": sarah,
            "assignedTo=me": [],
            "leadQuality=HOT": sarah,
            "status=ACTIVE": daniel,
            "due=overdue": sarah,
            "due=any": sarah,
            "due=today": [],
            "doNotCall=true": daniel,
            "doNotCall=false": sarah,
            "region=FL": daniel,
            "country=ES": [],
        }
        for query, names in wanted.items():
            assert [c["name"] for c in maya.get(f"/contacts?{query}").items] == names, query

    @pytest.mark.parametrize("query", ["due=soon", "leadQuality=hot", "doNotCall=1", "limit=500", "q=%00", "name=x"])
    def test_a_wrong_filter_is_named(self, maya: Program, query: str) -> None:
        assert maya.get(f"/contacts?{query}").fields() == [query.partition("=")[0]]

    def test_the_number_of_queries_does_not_grow_with_the_list(
        self, home: cast.House, maya: Program, django_assert_num_queries: Any
    ) -> None:
        for n in range(5):
            cast.contact(home.organization, f"Contact {n}", home.worker, phone=f"+1212555015{n}")
        with django_assert_num_queries(4):
            assert len(maya.get("/contacts").items) == 7

    def test_pages_show_everybody_once(self, home: cast.House, maya: Program) -> None:
        first = maya.get("/contacts?limit=1")
        second = maya.get(f"/contacts?limit=1&cursor={first.json['nextCursor']}")
        assert [c["name"] for c in first.items + second.items] == ["Daniel Brooks", "Sarah Lee"]
        assert second.json["nextCursor"] is None


class TestMaking:
    def test_a_contact_with_everything(self, home: cast.House, maya: Program) -> None:
        made = maya.post(
            "/contacts",
            {
                "name": "Grace Kim",
                "phone": "(213) 555-0187",
                "email": "Grace.Kim@Example.com",
                "leadQuality": "WARM",
                "nextFollowUpDate": "2030-01-31",
                "cadenceDays": 30,
                "assignees": ["me", home.worker.public_id],
                "consents": {"sms": "granted", "email": "revoked"},
                "doNotCall": False,
            },
        )
        assert made.status == 201
        assert made.json["phone"] == "+12135550187"
        assert made.json["email"] == "grace.kim@example.com"
        assert made.json["region"] == "CA"
        assert made.json["zones"] == ["America/Los_Angeles"]
        assert made.json["nextFollowUpDate"] == "2030-01-31"
        assert made.json["assignees"] == [home.admin.public_id, home.worker.public_id]
        assert made.json["consents"] == {"sms": "granted", "email": "revoked"}
        assert maya.get(f"/contacts/{made.json['id']}").json == made.json

    def test_who_is_no_admin_works_whom_they_add(self, home: cast.House, tom: Program) -> None:
        assert tom.post("/contacts", {"name": "New"}).json["assignees"] == [home.worker.public_id]

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": None}, "name"),
            ({"phone": "12"}, "phone"),
            ({"email": "nobody"}, "email"),
            ({"timeZone": "Mars/Olympus"}, "timeZone"),
            ({"country": "ZZ"}, "country"),
            ({"region": "Utopia"}, "region"),
            ({"leadQuality": "hot"}, "leadQuality"),
            ({"nextFollowUpDate": "31/01/2030"}, "nextFollowUpDate"),
            ({"nextFollowUpDate": "2030-02-30"}, "nextFollowUpDate"),
            ({"cadenceDays": 0}, "cadenceDays"),
            ({"assignees": ["member_999999"]}, "assignees"),
            ({"consents": {"fax": "granted"}}, "consents.fax"),
            ({"firstName": "Grace"}, "firstName"),
        ],
    )
    def test_bad_input_is_refused_with_its_field(
        self, home: cast.House, maya: Program, wrong: dict[str, Any], field: str
    ) -> None:
        refused = maya.post("/contacts", {"name": "Grace Kim"} | wrong)
        assert refused.status == 422
        assert refused.fields()[0].startswith(field)
        assert Contact.objects.count() == 2

    def test_a_member_of_another_organization_is_nobody_to_assign_to(
        self, home: cast.House, elsewhere: cast.House, maya: Program
    ) -> None:
        refused = maya.patch(f"/contacts/{home.contact.public_id}", {"assignees": [elsewhere.admin.public_id]})
        assert refused.fields() == ["assignees"]


class TestChanging:
    def test_what_is_named_changes_and_the_rest_stays(self, home: cast.House, tom: Program) -> None:
        path = f"/contacts/{home.contact.public_id}"
        before = tom.get(path).json
        after = tom.patch(path, {"name": "Sarah Lee-Brooks", "nextFollowUpDate": None}).json
        assert after["name"] == "Sarah Lee-Brooks"
        assert {k: v for k, v in after.items() if k not in ("name", "updatedAt")} == {
            k: v for k, v in before.items() if k not in ("name", "updatedAt")
        }

    def test_to_be_left_alone_cancels_what_waits(self, home: cast.House, maya: Program, tom: Program) -> None:
        planned = Plan(type="call", at=clock.now() + timedelta(days=1))
        scheduling.schedule_one(home.organization, home.contact, planned, by=home.admin)
        path = f"/contacts/{home.contact.public_id}"
        assert tom.patch(path, {"doNotCall": True}).json["doNotCall"] is True
        assert FollowUp.objects.get().status == "cancelled"
        assert tom.patch(path, {"doNotCall": False}).status == 403
        assert maya.patch(path, {"doNotCall": False}).json["doNotCall"] is False
        assert not DoNotCall.objects.exists()

    def test_only_admins_remove(self, home: cast.House, maya: Program, tom: Program, priya: Program) -> None:
        path = f"/contacts/{home.contact.public_id}"
        assert priya.delete(path).status == 404
        assert tom.delete(path).status == 403
        assert maya.delete(path).status == 204
        assert maya.get(path).status == 404

    def test_who_does_not_work_the_contact_changes_nothing(
        self, home: cast.House, priya: Program, lucia: Program, anonymous: Program
    ) -> None:
        path = f"/contacts/{home.contact.public_id}"
        assert priya.patch(path, {"name": "X"}).status == 404
        assert lucia.patch(path, {"name": "X"}).status == 404
        assert anonymous.patch(path, {"name": "X"}).status == 401
        assert Contact.objects.get(pk=home.contact.pk).name == "Sarah Lee"


class TestConsents:
    def test_each_answer_is_a_line_with_its_evidence(self, home: cast.House, tom: Program) -> None:
        path = f"/contacts/{home.contact.public_id}/consents"
        said = {"kinds": ["sms", "email"], "action": "granted", "quote": "Text me, sure.", "heardBy": "Ava"}
        granted = tom.post(path, said)
        assert granted.status == 201
        assert [line["kind"] for line in granted.items] == ["sms", "email"]
        assert granted.items[0]["quote"] == "Text me, sure."
        assert granted.items[0]["memberId"] == home.worker.public_id
        assert granted.items[1]["previousDigest"] == granted.items[0]["digest"]
        revoked = tom.post(path, {"kinds": ["sms"], "action": "revoked"})
        assert [line["action"] for line in tom.get(path).items] == ["revoked", "granted", "granted"]
        assert revoked.items[0]["source"] == "api"
        assert tom.get(f"/contacts/{home.contact.public_id}").json["consents"] == {"sms": "revoked", "email": "granted"}

    @pytest.mark.parametrize(
        ("wrong", "status", "field"),
        [
            ({"kinds": []}, 422, "kinds"),
            ({"kinds": ["webhook"]}, 422, "kinds.0"),
            ({"action": "maybe"}, 422, "action"),
            ({"callId": "call_999999"}, 404, "callId"),
            ({"messageId": "message_999999"}, 404, "messageId"),
        ],
    )
    def test_bad_input_is_refused(
        self, home: cast.House, tom: Program, wrong: dict[str, Any], status: int, field: str
    ) -> None:
        said = {"kinds": ["sms"], "action": "granted"} | wrong
        refused = tom.post(f"/contacts/{home.contact.public_id}/consents", said)
        assert refused.status == status
        assert refused.fields() == [field]
        assert not Consent.objects.exists()

    def test_who_does_not_work_the_contact_records_nothing(self, home: cast.House, priya: Program) -> None:
        path = f"/contacts/{home.contact.public_id}/consents"
        assert priya.post(path, {"kinds": ["sms"], "action": "granted"}).status == 404
        assert priya.get(path).status == 404


CSV = "Full Name,Mobile\nGrace Kim,+12135550187\nNobody,12\n"


class TestImport:
    def test_good_rows_are_taken_and_bad_ones_come_back(self, home: cast.House, maya: Program) -> None:
        taken = maya.post("/contacts/import", CSV, Content_Type="text/csv")
        assert taken.status == 202
        assert taken.json["status"] == "waiting"
        job.run(ContactImport.objects.get().pk)
        done = maya.get(f"/contacts/imports/{taken.json['id']}").json
        assert (done["status"], done["created"], done["processed"]) == ("done", 1, 2)
        assert [row["line"] for row in done["rejected"]] == [3]
        file = maya.get(f"/contacts/imports/{taken.json['id']}/rejected.csv")
        assert file.headers["Content-Type"].startswith("text/csv")
        assert "Nobody,12" in file.text

    def test_a_form_with_a_mapping_and_a_dry_run(self, home: cast.House, maya: Program) -> None:
        form = (
            '--x\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n'
            "Who,Nr\nGrace Kim,+12135550187\n\r\n"
            '--x\r\nContent-Disposition: form-data; name="mapping"\r\n\r\n{"Who": "name", "Nr": "phone"}\r\n'
            '--x\r\nContent-Disposition: form-data; name="dryRun"\r\n\r\ntrue\r\n--x--\r\n'
        )
        taken = maya.post("/contacts/import", form, Content_Type="multipart/form-data; boundary=x")
        assert taken.status == 202
        assert (taken.json["fileName"], taken.json["dryRun"]) == ("people.csv", True)
        job.run(ContactImport.objects.get().pk)
        assert Contact.objects.count() == 2

    @pytest.mark.parametrize(
        ("body", "kind", "query", "field"),
        [
            ("\n", "text/csv", "", "file"),
            ("Colour,Shape\nred,round\n", "text/csv", "", "file"),
            (CSV, "text/csv", "?mapping=nonsense", "mapping"),
            (CSV, "text/csv", "?mapping=%7B%22Nr%22:%22phone%22%7D", "mapping"),
            ("PK\x03\x04", "text/csv", "", "file"),
        ],
    )
    def test_a_file_that_tells_nothing_is_refused(
        self, home: cast.House, maya: Program, body: str, kind: str, query: str, field: str
    ) -> None:
        assert maya.post(f"/contacts/import{query}", body, Content_Type=kind).fields() == [field]
        assert not ContactImport.objects.exists()

    def test_another_media_type_is_refused(self, maya: Program) -> None:
        assert maya.post("/contacts/import", "{}").status == 415

    def test_imports_are_the_admins(self, home: cast.House, tom: Program) -> None:
        assert tom.post("/contacts/import", CSV, Content_Type="text/csv").status == 403

    def test_a_repeated_form_is_the_same_request_whatever_its_boundary(self, home: cast.House, maya: Program) -> None:
        for line in ("x", "y"):
            part = 'Content-Disposition: form-data; name="file"; filename="a.csv"'
            form = f"--{line}\r\n{part}\r\n\r\n{CSV}\r\n--{line}--\r\n"
            kind = f"multipart/form-data; boundary={line}"
            answer = maya.post("/contacts/import", form, Content_Type=kind, Idempotency_Key="k1")
            assert answer.status == 202
        assert ContactImport.objects.count() == 1


def test_a_browser_reads_its_own(home: cast.House) -> None:
    assert [c["name"] for c in browser(home.worker).get("/contacts").items] == ["Sarah Lee"]
