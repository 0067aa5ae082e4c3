"""Hospitals in requests and answers."""

from __future__ import annotations

from pydantic import Field

from server.api.given import Reason
from server.dashboard.standing import HospitalStanding, State
from server.enrolment.hospitals import EnrolledHospital
from shared.enrolment import HospitalName
from shared.settings_file import StrictModel
from shared.watch.verdict import WatchVerdict


class HospitalBody(StrictModel):
    """One hospital of the federation, and how it stands."""

    name: str
    state: State = Field(
        description="`unknown` where the SuperLink never ran; `waiting` and `expired` are kits; "
        "`pending` waits to be let in; `revoked` and `left` are over."
    )
    is_public: bool
    enrolled_at: str
    kit_expires_at: str
    joined_at: str | None
    node_id: str | None
    last_seen: str | None
    told_at: str | None = Field(description="When its node last answered a watch.")
    software: str | None
    model: str | None = Field(description="Version of the model that answers there.")
    digest: str | None
    in_use: bool | None = Field(description="Whether that is the model in use; null if unknown.")
    budget: float | None = Field(description="Epsilon, all of it.")
    budget_left: float | None
    certificate_days: int | None
    new_for_training: int | None = Field(
        description="Confirmed cases that the model did not learn from."
    )
    alarms: list[WatchVerdict] = Field(description="Of the newest watch.")

    @classmethod
    def of(cls, found: HospitalStanding) -> HospitalBody:
        """Return a hospital as it stands."""
        enrolled, told = found.enrolled, found.told
        service = told.service if told else None
        return cls(
            name=found.name,
            state=found.state,
            is_public=enrolled.is_public,
            enrolled_at=enrolled.enrolled_at,
            kit_expires_at=enrolled.token_expires_at,
            joined_at=enrolled.joined_at,
            node_id=enrolled.node_id,
            last_seen=found.last_seen,
            told_at=told.made if told else None,
            software=(service.software or None) if service else None,
            model=(service.model or None) if service else None,
            digest=(service.digest or None) if service else None,
            in_use=found.in_use,
            budget=service.budget if service else None,
            budget_left=service.budget_left if service else None,
            certificate_days=service.certificate_days if service else None,
            new_for_training=told.new_for_training if told else None,
            alarms=list(found.alarms),
        )


class Revocation(StrictModel):
    """Why a hospital is to be a member no more."""

    because: Reason = Field(min_length=1)


class HospitalList(StrictModel):
    """All hospitals, those that have joined first."""

    hospitals: list[HospitalBody]


class Invitation(StrictModel):
    """A hospital to enrol."""

    name: HospitalName
    public: bool = Field(
        default=False, description="A public collection of cases, run as a hospital of its own."
    )


class KitBody(StrictModel):
    """A kit that waits for its hospital."""

    hospital: str
    expires_at: str
    kit: str = Field(description="Where it can be fetched, once it is to be handed over.")
    fingerprint: str = Field(description="To be read to the hospital by phone.")

    @classmethod
    def of(cls, hospital: EnrolledHospital, fingerprint: str) -> KitBody:
        """Return what is said of a kit; what opens the door is in the kit alone."""
        return cls(
            hospital=hospital.name,
            expires_at=hospital.token_expires_at,
            kit=f"/v1/hospitals/{hospital.name}/kit",
            fingerprint=fingerprint,
        )
