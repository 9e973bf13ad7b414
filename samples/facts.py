"""What the sample pictures say: one invented enterprise and its invented legal representative.

Area 990000 / 999999 exists nowhere; every check digit is right, so the samples pass the rules of ``models.values``.
"""

NAME = "样例云签（北京）科技有限公司"
USCC = "91990000MAYANGL198"
KIND = "有限责任公司（自然人独资）"
LEGAL_REPRESENTATIVE = "张样例"
TERM = "2020年01月08日至长期"

RESIDENT_ID = "999999199001010016"
ID_VALIDITY = "2018.01.08-2038.01.08"
ID_AUTHORITY = "样例市公安局样例分局"

MOBILE = "19900000001"  # the simulated carrier knows it as the legal representative's own

PERSON_NAME = "李样例"  # the second party of the sample contract, a private person
PERSON_MOBILE = "19900000002"
