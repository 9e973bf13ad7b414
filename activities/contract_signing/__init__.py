"""What signing a contract does to the outside world."""

from activities.contract_signing.consenting import Consenting
from activities.contract_signing.depositing import Depositing
from activities.contract_signing.drafting import Drafting
from activities.contract_signing.sealing import Sealing

__all__ = ["Consenting", "Depositing", "Drafting", "Sealing"]
