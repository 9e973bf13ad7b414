"""Queue and deliver messages to people."""

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.providers.mail import MailSender
from activities.providers.sms import SmsSender
from models import enterprise_verification, messages
from models.accounts import Account, open_personal
from models.calendar import local_time
from models.contract_signing import Contract, Party, opened_party, opened_reason
from models.database import Database, utc_now
from models.enterprise_verification import EnterpriseVerification
from models.enterprises import Enterprise
from models.keyring import Keyring
from models.messages import Message, MessageOrder, content_of


class Messages:
    def __init__(self, database: Database, keyring: Keyring, sms: SmsSender, mail: MailSender, public_url: str) -> None:
        self.database = database
        self.keyring = keyring
        self.sms = sms
        self.mail = mail
        self.public_url = public_url

    @activity.defn(name="queue_messages")
    async def queue(self, orders: list[MessageOrder]) -> None:
        """Word each message for the person it is for and keep it; the same id again changes nothing."""
        async with self.database.transaction() as session:
            for order in orders:
                to, facts = await self._address(session, order), await self._facts(session, order)
                await messages.queue(session, self.keyring, order.message_id, to, order.template, facts)

    async def _address(self, session: AsyncSession, order: MessageOrder) -> str:
        if order.party_id is not None:
            return opened_party(self.keyring, await session.get_one(Party, order.party_id)).contact
        return open_personal(self.keyring, await session.get_one(Account, order.account_id)).contact

    async def _facts(self, session: AsyncSession, order: MessageOrder) -> dict[str, object]:
        """What the words need, from the process the message is about; the link re-enters it (V03)."""
        contract = await session.get(Contract, order.process_id)
        if contract is None:
            row = await session.get_one(EnterpriseVerification, order.process_id)
            confirmed = enterprise_verification.opened(self.keyring, row).confirmed
            link = f"{self.public_url}/v1/enterprise-verifications/{order.process_id}"
            return {"enterprise": confirmed.name if confirmed else "", "link": link}
        sender = await session.get_one(Enterprise, contract.sender_enterprise)
        return {
            "title": contract.title,
            "sender": sender.name,
            "deadline": f"{local_time(contract.deadline):%Y-%m-%d %H:%M}",
            "reason": opened_reason(self.keyring, contract),
            "link": f"{self.public_url}/v1/contracts/{contract.id}",
        }

    @activity.defn(name="deliver_message")
    async def deliver(self, message_id: str) -> None:
        """Hand the message to its provider, whose own record of the id keeps it single. Raises ProviderUnavailable."""
        async with self.database.transaction() as session:
            message = await session.get_one(Message, message_id)
        if message.status == "sent":
            return
        content = content_of(self.keyring, message)
        if message.channel == "sms":
            await self.sms.send(message_id, content.to, content.text)
        else:
            await self.mail.send(message_id, content.to, content.subject, content.text)
        await self._close(message_id, "sent")

    @activity.defn(name="give_up_message")
    async def give_up(self, message_id: str) -> None:
        await self._close(message_id, "failed")

    async def _close(self, message_id: str, status: str) -> None:
        """What was said is not kept once it is delivered or given up; that it was said is."""
        async with self.database.transaction() as session:
            message = await session.get_one(Message, message_id)
            message.status = status
            message.sent_at = utc_now() if status == "sent" else None
            message.personal = None
