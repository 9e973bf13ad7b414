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
    "method_not_allowed": Words("该地址不支持此方法。", "This address does not take that method."),
    "body_too_large": Words("请求内容超过 {limit_mb}M。", "The request is over {limit_mb} MiB."),
    "media_type_not_accepted": Words("请求内容须为 {expected}。", "The request's content type must be {expected}."),
    "internal_error": Words(
        "系统内部错误，请稍后重试；如仍有问题请提供 request_id 联系客服。",
        "An error on our side; retry later, or contact support with the request_id.",
    ),
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
    "contact_of_another_account": Words(
        "验证码只能发送到您本人的账号。", "The code goes to your own account's contact only."
    ),
    # Codes
    "code_wrong": Words("验证码错误，还可尝试 {attempts_left} 次。", "Wrong code; {attempts_left} tries left."),
    "code_expired": Words("验证码已失效，请重新获取。", "The code has expired; ask for a new one."),
    "code_used_up": Words("验证码错误次数过多，请重新获取。", "Too many wrong codes; ask for a new one."),
    "code_sent_too_often": Words(
        "获取验证码过于频繁，请 {retry_after} 秒后重试。",
        "Codes are sent at a bounded rate; retry in {retry_after} s.",
    ),
    "recipient_refused": Words(
        "该手机号或邮箱无法接收消息，请核对或更换。", "This number or mailbox takes no messages; check or change it."
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
    "enterprise_not_active": Words(
        "该企业在工商登记中已注销或吊销，无法认证。", "The registry holds this enterprise as cancelled or revoked."
    ),
    "sides_swapped": Words(
        "身份证人像面与国徽面上传反了，请对调后重新提交。",
        "The two sides of the ID card are swapped; swap them and submit again.",
    ),
    "side_wrong": Words(
        "此处应上传身份证的{expected}，请重新上传。", "This must be the ID card's {expected} side; upload it again."
    ),
    "recognition_unavailable": Words(
        "未能自动识别，请手动填写。", "The pictures could not be read; type the facts in."
    ),
    "window_passed": Words(
        "未在7天内完成认证，提交的信息已清除，需重新开始。",
        "Not finished within 7 days; what was submitted is erased. Start again.",
    ),
    "withdrawn_by_applicant": Words("已删除，提交的信息已清除。", "Withdrawn; what was submitted is erased."),
    "phone_check_failed": Words(
        "手机号认证未通过，请重新选择认证方式。", "The phone check did not succeed; choose a method again."
    ),
    "returned_by_party": Words("签署方已退回合同。", "A party returned the contract."),
    "withdrawn_by_sender": Words("发起方已撤回合同。", "The sender withdrew the contract."),
    "deadline_passed": Words("已超过签约截止时间。", "The signing deadline has passed."),
    "placements_differ": Words(
        "签章位置与合同设置不一致，请重新打开合同。", "The places differ from the contract's; open it again."
    ),
    "consent_missing": Words("请先阅读并同意：{document}。", "Consent is needed first: {document}."),
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
    "certificate_reference_reused": Words(
        "该证书申请号已用于另一主体。", "This certificate reference belongs to another subject."
    ),
    "document_replaced": Words(
        "合同内容与您阅读的不一致，请重新打开合同。", "The document is not the one you read; open it again."
    ),
    "seal_text_invalid": Words(
        "印章文字须为 {minimum} 至 {maximum} 个可显示的字符。",
        "The seal's {part} must have {minimum} to {maximum} printable characters.",
    ),
    "glyph_missing": Words(
        "印章字体缺少“{characters}”，请联系客服添加。",
        "The seal font lacks “{characters}”; ask support to add it.",
    ),
    "sealing_stale": Words("签署证书已过期，正在重新准备。", "A certificate has run out; it is being prepared again."),
    "certificate_lapsed": Words(
        "有签署方的证书已失效，需重新签署。", "A party's certificate has lapsed; its consent is asked again."
    ),
    "evidence_matches": Words(
        "核验通过：比对结果一致，电子数据包完整性校验通过，数据未被篡改。",
        "It matches: the data is the deposited data, unchanged.",
    ),
    "evidence_differs": Words("核验未通过：比对结果不一致。", "It does not match what was deposited."),
    "placement_outside_page": Words("签章位置超出页面。", "The placement is outside the page."),
    "parties_invalid": Words("签约方设置有误：{reason}。", "The parties are not valid: {reason}."),
    "deadline_invalid": Words(
        "签署截止时间须晚于现在且不超过一年。", "The deadline must be in the future and within a year."
    ),
    # Validation of signed documents
    "not_a_pdf": Words("该文件不是 PDF。", "The file is no PDF."),
    "encrypted": Words("文件已加密，无法验证。", "The file is encrypted and cannot be validated."),
    "unreadable": Words("文件已损坏，无法读取。", "The file is damaged and cannot be read."),
    "bytes_after_end": Words("最后一个签名之后被追加了内容。", "Something was appended after the last signature."),
    "signature_kind_unknown": Words(
        "含有无法识别的签名类型。", "There is a signature of a kind that is not understood."
    ),
    "mark_without_signature": Words(
        "文件上的印章或签名没有对应的有效签署，文件不完整。",
        "A seal or name is shown that nobody has signed for; the file is incomplete.",
    ),
    "rolled_back": Words(
        "文件缺少最终时间戳，可能不是最终版本。",
        "The final timestamp is missing; this may not be the final version.",
    ),
    "byte_range_odd": Words("签名覆盖范围异常。", "The range the signature covers is not as it must be."),
    "contents_odd": Words("签名数据的编码异常。", "The signature's encoding is not as it must be."),
    "certificate_unverified": Words(
        "签名中附带的证书被改动或来源不明。", "A certificate inside the signature is altered or of unknown origin."
    ),
    "signature_malformed": Words("签名数据已损坏。", "The signature is damaged."),
    "digest_differs": Words("文件内容在签署后被改动。", "The content was changed after it was signed."),
    "signature_wrong": Words("签名与证书不符。", "The signature does not fit its certificate."),
    "changed_after_signing": Words(
        "签署后文件被增加或替换了内容。", "Content was added or replaced after this signature."
    ),
    "timestamp_invalid": Words("签名时间戳无效。", "The signature's timestamp is not valid."),
    "issuer_not_trusted": Words("证书的颁发机构不受信任。", "The certificate's issuer is not trusted."),
    "certificate_revoked": Words("证书在签署时已被吊销。", "The certificate was revoked when it was used."),
    "certificate_expired": Words(
        "证书在签署时不在有效期内。", "The certificate was not within its validity when it was used."
    ),
    "certificate_unsuitable": Words("证书不能用于此类签名。", "The certificate is not meant for such signatures."),
    "certificate_chain_invalid": Words("证书链无效。", "The certificate's chain is not valid."),
    "algorithm_weak": Words("签名算法强度不足。", "The signature's algorithm is too weak."),
}

# Why one field of a request was refused, by the validator's code.
FIELD_WORDS: dict[str, Words] = {
    "other": Words("内容无效。", "Not valid."),
    "missing": Words("必填。", "Required."),
    "extra_forbidden": Words("未知的字段。", "No such field."),
    "json_invalid": Words("不是有效的 JSON。", "Not valid JSON."),
    "json_too_deep": Words("JSON 嵌套过深。", "The JSON is nested too deeply."),
    "text_not_unicode": Words("文字含有无效字符。", "The text has characters that are not valid."),
    "number_out_of_range": Words("数字超出范围。", "The number is out of range."),
    "string_type": Words("须为文字。", "Must be text."),
    "string_too_short": Words("至少 {min_length} 个字符。", "At least {min_length} characters."),
    "string_too_long": Words("最多 {max_length} 个字符。", "At most {max_length} characters."),
    "string_pattern_mismatch": Words("格式不正确。", "Not in the expected form."),
    "literal_error": Words("须为以下之一：{expected}。", "Must be one of {expected}."),
    "int_type": Words("须为整数。", "Must be a whole number."),
    "int_parsing": Words("须为整数。", "Must be a whole number."),
    "bool_type": Words("须为是或否。", "Must be true or false."),
    "bool_parsing": Words("须为是或否。", "Must be true or false."),
    "list_type": Words("须为列表。", "Must be a list."),
    "dict_type": Words("须为对象。", "Must be an object."),
    "model_attributes_type": Words("须为对象。", "Must be an object."),
    "too_short": Words("至少 {min_length} 项。", "At least {min_length} items."),
    "too_long": Words("最多 {max_length} 项。", "At most {max_length} items."),
    "greater_than_equal": Words("不得小于 {ge}。", "Must be {ge} or more."),
    "less_than_equal": Words("不得大于 {le}。", "Must be {le} or less."),
    "greater_than": Words("须大于 {gt}。", "Must be more than {gt}."),
    "less_than": Words("须小于 {lt}。", "Must be less than {lt}."),
    "datetime_parsing": Words("须为日期时间。", "Must be a date and time."),
    "datetime_from_date_parsing": Words("须为日期时间。", "Must be a date and time."),
    "timezone_aware": Words("时间须带时区。", "The time needs its offset."),
    "uscc_invalid": Words("统一社会信用代码有误，请核对。", "Not a valid unified social credit code."),
    "resident_id_invalid": Words("身份证号码有误，请核对。", "Not a valid resident identity number."),
    "mobile_invalid": Words("手机号有误。", "Not a valid mobile number."),
    "email_invalid": Words("邮箱地址有误。", "Not a valid e-mail address."),
    "name_invalid": Words("名称须为 1 到 120 个可见字符。", "A name has 1 to 120 characters, none of them invisible."),
    "invited_by_required": Words(
        "受企业邀请注册时须填写邀请企业名称，否则请勿填写。",
        "Name the inviting enterprise when invited, and only then.",
    ),
    "password_or_code": Words(
        "请提供账号和密码，或 challenge_id 和验证码。",
        "Give contact and password, or challenge_id and code.",
    ),
    "channel_of_other_kind": Words(
        "手机号使用 sms，邮箱使用 email。", "Use sms for a mobile number, email for an e-mail address."
    ),
    "subject_for_contract_only": Words(
        "签署合同时须提供合同编号，其他用途请勿提供。", "Give the contract's id for sign_contract, and only then."
    ),
    "idempotency_key_invalid": Words(
        "Idempotency-Key 须为 8 到 255 个可见 ASCII 字符。", "An Idempotency-Key has 8 to 255 visible ASCII characters."
    ),
}


class MessageWords(NamedTuple):
    """One message to a person; ``subject`` is for e-mail."""

    subject: Words
    text: Words


# V02: every message begins with the platform's name in 【】; V03: links re-enter the exact step.
MESSAGES: dict[str, MessageWords] = {
    "register_code": MessageWords(
        Words("注册验证码", "Registration code"),
        Words(
            "【千章】注册验证码 {code}，{minutes}分钟内有效。请勿告知他人。",
            "【千章】{code} is your registration code, valid for {minutes} minutes. Tell it to nobody.",
        ),
    ),
    "registered_already": MessageWords(
        Words("您已注册千章", "You are registered already"),
        Words(
            "【千章】该账号已注册，请直接登录。如非本人操作，请忽略。",
            "【千章】This account is registered already; log in. Ignore this message if it was not you.",
        ),
    ),
    "login_code": MessageWords(
        Words("登录验证码", "Login code"),
        Words(
            "【千章】登录验证码 {code}，{minutes}分钟内有效。请勿告知他人。",
            "【千章】{code} is your login code, valid for {minutes} minutes. Tell it to nobody.",
        ),
    ),
    "not_registered": MessageWords(
        Words("您尚未注册千章", "You are not registered yet"),
        Words(
            "【千章】该账号尚未注册，请先注册。如非本人操作，请忽略。",
            "【千章】This account is not registered yet; register first. Ignore this message if it was not you.",
        ),
    ),
    "consent_code": MessageWords(
        Words("签署验证码", "Signing code"),
        Words(
            "【千章】您正在签署合同，验证码 {code}，{minutes}分钟内有效。提交验证码即同意签署，请勿告知他人。",
            "【千章】{code} is your code to sign a contract, valid for {minutes} minutes. Entering it signs; tell it to nobody.",
        ),
    ),
    "phone_check_code": MessageWords(
        Words("企业实名认证验证码", "Enterprise verification code"),
        Words(
            "【千章】您正在为企业实名认证验证手机号，验证码 {code}，{minutes}分钟内有效。请勿告知他人。",
            "【千章】{code} verifies your number for an enterprise's verification, valid for {minutes} minutes. Tell it to nobody.",
        ),
    ),
    "sign_request": MessageWords(
        Words("请签署合同：{title}", "Please sign: {title}"),
        Words(
            "【千章】{sender}邀请您签署《{title}》，请于{deadline}前完成：{link}",
            "【千章】{sender} asks you to sign “{title}” before {deadline}: {link}",
        ),
    ),
    "verification_verified": MessageWords(
        Words("企业实名认证已通过", "The enterprise is verified"),
        Words(
            "【千章】{enterprise}的企业实名认证已通过。{link}",
            "【千章】The verification of {enterprise} has succeeded. {link}",
        ),
    ),
    "verification_expired": MessageWords(
        Words("企业实名认证已失效", "The enterprise's verification has expired"),
        Words(
            "【千章】企业实名认证未在规定时间内完成，已提交的信息已清除，请重新开始。{link}",
            "【千章】The enterprise's verification was not completed in time; what was submitted is erased. Begin anew: {link}",
        ),
    ),
    "contract_returned": MessageWords(
        Words("合同被退回：{title}", "Contract returned: {title}"),
        Words(
            "【千章】《{title}》被退回，原因：{reason}。{link}",
            "【千章】“{title}” was returned: {reason}. {link}",
        ),
    ),
    "contract_withdrawn": MessageWords(
        Words("合同已撤回：{title}", "Contract withdrawn: {title}"),
        Words("【千章】《{title}》已被发起方撤回。{link}", "【千章】The sender has withdrawn “{title}”. {link}"),
    ),
    "contract_expired": MessageWords(
        Words("合同签署已过期：{title}", "Contract expired: {title}"),
        Words(
            "【千章】《{title}》未在截止时间前完成签署，已过期。{link}",
            "【千章】“{title}” was not signed by everybody in time and has expired. {link}",
        ),
    ),
    "contract_completed": MessageWords(
        Words("合同已完成：{title}", "Contract completed: {title}"),
        Words(
            "【千章】《{title}》已由各方签署完成，可查看和下载：{link}",
            "【千章】“{title}” is signed by everybody; read and download it: {link}",
        ),
    ),
}
