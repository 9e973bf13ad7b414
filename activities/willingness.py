"""What the willingness checks do to the outside world."""

from temporalio import activity

from activities.providers.carrier import Carrier
from models import challenges, enterprise_verification
from models.database import Database
from models.enterprise_verification import EnterpriseVerification
from models.errors import CodeExpired, PhoneNotOwnedByLegalRepresentative
from models.keyring import Keyring
from models.willingness import CodeCheck, CodeDispatch, PhoneCheck, PhoneCheckOpening, PhoneCheckPerson


class PhoneChecking:
    """The phone check's own row, the operators' verdict, the code."""

    def __init__(self, database: Database, keyring: Keyring, carrier: Carrier) -> None:
        self.database = database
        self.keyring = keyring
        self.carrier = carrier

    @activity.defn
    async def open_phone_check(self, opening: PhoneCheckOpening) -> None:
        """Note whose will is checked: the legal representative the parent's applicant confirmed."""
        async with self.database.transaction() as session:
            if await session.get(PhoneCheck, opening.process_id) is not None:
                return
            verification = await session.get_one(EnterpriseVerification, opening.parent_id)
            facts = enterprise_verification.opened(self.keyring, verification).confirmed
            if facts is None:
                raise ValueError("nothing was confirmed")
            row = PhoneCheck(process_id=opening.process_id, parent_id=opening.parent_id, created_at=opening.at)
            self._keep(row, PhoneCheckPerson(name=facts.legal_representative, resident_id=facts.resident_id))
            session.add(row)

    @activity.defn
    async def send_phone_code(self, dispatch: CodeDispatch) -> None:
        """Ask the operators, then queue the code (D03).

        Raises PhoneNotOwnedByLegalRepresentative, CodeSentTooOften, ProviderUnavailable.
        """
        async with self.database.transaction() as session:
            person = self._person(await session.get_one(PhoneCheck, dispatch.process_id))
        mobile = dispatch.mobile or person.mobile
        if mobile is None:
            raise CodeExpired
        if mobile != person.mobile and not await self.carrier.check(
            dispatch.challenge_id, person.name, person.resident_id, mobile
        ):
            raise PhoneNotOwnedByLegalRepresentative
        async with self.database.transaction() as session:
            row = await session.get_one(PhoneCheck, dispatch.process_id, with_for_update=True)
            await challenges.send_code(
                session,
                self.keyring,
                "phone_check",
                mobile,
                dispatch.process_id,
                now=dispatch.at,
                challenge_id=dispatch.challenge_id,
                template="phone_check_code",
                facts={},
            )
            row.challenge_id = dispatch.challenge_id
            self._keep(row, person.model_copy(update={"mobile": mobile}))

    @activity.defn
    async def check_phone_code(self, check: CodeCheck) -> None:
        """Raises CodeWrong, CodeExpired, CodeUsedUp. A repetition after success succeeds again."""
        async with self.database.sessions() as session:
            row = await session.get_one(PhoneCheck, check.process_id)
            if row.proven_at is not None:
                return
            if row.challenge_id is None:
                raise CodeExpired
            await challenges.check(
                session,
                self.keyring,
                row.challenge_id,
                "phone_check",
                None,
                check.process_id,
                check.code,
                now=check.at,
            )
            row.proven_at = check.at
            session.add(row)
            await session.commit()

    @activity.defn
    async def close_phone_check(self, process_id: str) -> None:
        """What was needed for the check is not kept beyond it; its parent keeps what it must."""
        async with self.database.transaction() as session:
            row = await session.get_one(PhoneCheck, process_id)
            row.personal = None

    def _person(self, row: PhoneCheck) -> PhoneCheckPerson:
        if row.personal is None:
            raise CodeExpired
        plain = self.keyring.open("columns", f"phone_check/{row.process_id}", row.personal)
        return PhoneCheckPerson.model_validate_json(plain)

    def _keep(self, row: PhoneCheck, person: PhoneCheckPerson) -> None:
        row.personal = self.keyring.seal("columns", f"phone_check/{row.process_id}", person.model_dump_json().encode())
