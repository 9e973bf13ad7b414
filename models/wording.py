"""The user-facing words by code, zh first and en beside them. ``{name}`` is filled from the facts."""

from typing import NamedTuple


class Words(NamedTuple):
    """One message in both languages."""

    zh: str
    en: str

    def in_language(self, language: str, facts: dict[str, object]) -> str:
        text = self.en if language == "en" else self.zh
        return text.format_map(_Facts(facts))


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


WORDS: dict[str, Words] = {
    # Requests
    "request_invalid": Words("请求内容有误，请按提示修改。", "The request is not valid; see the fields named."),
    "resource_not_found": Words("找不到该内容，或您无权查看。", "It does not exist, or is not yours to see."),
    "event_not_allowed": Words("当前状态不能进行此操作。", "This is not possible in the present state."),
    "idempotency_key_missing": Words(
        "此操作需要 Idempotency-Key 请求头。", "This act needs an Idempotency-Key header."
    ),
    "idempotency_key_reused": Words(
        "该 Idempotency-Key 已用于另一内容。", "This Idempotency-Key was used for another content."
    ),
    "request_in_flight": Words("同一请求正在处理，请稍候。", "The same request is being worked on; wait a moment."),
    "precondition_failed": Words("内容已被更新，请刷新后重试。", "It has changed since you read it; read it again."),
    "engine_unavailable": Words(
        "系统繁忙，操作可能仍会生效；请使用相同的 Idempotency-Key 重试。",
        "The engine did not answer; the act may still be applied. Retry with the same Idempotency-Key.",
    ),
    "database_unavailable": Words(
        "系统暂不可用，请稍后重试。", "The service is unavailable for a moment; retry later."
    ),
    # Accounts
    "login_required": Words("请先登录。", "Log in first."),
    "credentials_wrong": Words("账号、密码或验证码错误。", "The account, password or code is wrong."),
    "account_locked": Words("尝试次数过多，账号已暂时锁定。", "Too many tries; the account is locked for a while."),
    "account_exists": Words("该账号已注册，请直接登录。", "This account is registered already; log in."),
    "password_too_weak": Words(
        "设置登陆密码（6-18位数字和大小写字母组合）。",
        "6 to 18 characters with digits, upper-case and lower-case letters.",
    ),
    # Codes
    "code_wrong": Words("验证码错误，还可尝试 {attempts_left} 次。", "Wrong code; {attempts_left} tries left."),
    "code_expired": Words("验证码已失效，请重新获取。", "The code has expired; ask for a new one."),
    "code_used_up": Words("验证码错误次数过多，请重新获取。", "Too many wrong codes; ask for a new one."),
    "code_sent_too_often": Words(
        "获取验证码过于频繁，请 {retry_after} 秒后重试。",
        "Codes are sent at a bounded rate; retry in {retry_after} s.",
    ),
    # Files
    "file_empty": Words("文件为空。", "The file is empty."),
    "file_too_large": Words("文件超过 {limit_mb}M，请压缩后上传。", "The file is over {limit_mb} MiB."),
    "image_too_large": Words("图片像素过大，请缩小后上传。", "The image has too many pixels."),
    "image_too_small": Words("图片过小，请上传清晰的照片。", "The image is too small to be read."),
    "document_too_long": Words("文档超过 {limit} 页。", "The document has more than {limit} pages."),
    "file_type_not_accepted": Words("仅支持 {formats} 格式的文件。", "Only {formats} files are accepted."),
    "file_unreadable": Words("文件无法读取，请重新上传。", "The file cannot be read; upload it again."),
    "document_encrypted": Words("文档已加密，请解除加密后上传。", "The document is encrypted; remove the encryption."),
    "document_active": Words(
        "文档含有脚本、附件或动态表单（{what}），请另存为普通 PDF。",
        "The document carries active content ({what}); save it as a plain PDF.",
    ),
    "document_already_signed": Words(
        "文档已含有电子签名，请上传未签署的文档。",
        "The document already carries signatures; upload an unsigned one.",
    ),
    "upload_of_other_kind": Words(
        "上传的文件类型与用途不符（需要 {expected}）。",
        "This upload is of another kind; {expected} is needed.",
    ),
    # Enterprise verification
    "enterprise_already_claimed": Words(
        "该企业已经被{holder}提交实名认证申请，如有问题，请联系客服",
        "{holder} has already applied for this enterprise's verification; contact support if that is wrong.",
    ),
    "enterprise_facts_differ": Words(
        "企业信息有误（{fields}）：要与工商局登记的完全一致（包括空格、括号、数字等），请核对易混字符：数字0、1、8，字母G、C。",
        "The facts differ from the registry ({fields}); they must be equal to the letter. Check 0, 1, 8, G and C.",
    ),
    "enterprise_not_registered": Words(
        "工商登记中查不到该统一社会信用代码，请核对。", "The registry holds no such code; check it."
    ),
    "consent_missing": Words("请先阅读并同意：{document}。", "Consent is needed first: {document}."),
    "method_not_offered": Words("当前不能使用该认证方式。", "This method is not offered here."),
    "phone_not_owned_by_legal_representative": Words(
        "请确保该手机号是在运营商处实名购买，否则将无法通过实名验证。",
        "The number must be registered at the operator under the legal representative's own ID.",
    ),
    "provider_unavailable": Words(
        "{provider} 服务暂不可用，请稍后重试。", "The {provider} service does not answer; retry later."
    ),
    # Contracts
    "enterprise_not_verified": Words("企业尚未完成实名认证，请先认证。", "The enterprise is not verified yet."),
    "party_name_differs": Words(
        "您的账号姓名与合同中的签约方名称不一致，请联系发起方撤回并以正确名称重新发送。",
        "Your account's name is not the party's name in the contract; ask the sender to withdraw and resend it.",
    ),
    "not_your_turn": Words("还没有轮到您签署。", "It is not your turn to sign yet."),
    "contract_not_opened": Words("请先打开并阅读合同。", "Open and read the contract first."),
    "contract_complete": Words(
        "合同完成状态-当前用户不允许签署操作", "The contract is complete; it cannot be signed any more."
    ),
    "already_consented": Words("您已签署该合同。", "You have signed this contract already."),
    "seal_missing": Words(
        "目前没有可使用的印章，请联系企业主管理员添加印章并授权",
        "There is no seal you may use; ask the main administrator.",
    ),
    "certificate_not_valid": Words(
        "企业数字证书已失效，请先更新证书。", "The enterprise's certificate is not valid; renew it first."
    ),
    "document_replaced": Words(
        "合同内容与您阅读的不一致，请重新打开合同。", "The document is not the one you read; open it again."
    ),
    "placement_outside_page": Words("签章位置超出页面。", "The placement is outside the page."),
    "parties_invalid": Words("签约方设置有误：{reason}。", "The parties are not valid: {reason}."),
    "deadline_invalid": Words(
        "签署截止时间须晚于现在且不超过一年。", "The deadline must be in the future and within a year."
    ),
}
