"""What may not come in with a contract: code, attachments, hidden layers, signatures (secops threat T13)."""

from typing import Any

import pikepdf

from models.errors import DocumentActive, DocumentAlreadySigned

ACTIVE_ACTIONS = {
    "/JavaScript": "JavaScript",
    "/Launch": "Launch",
    "/SubmitForm": "SubmitForm",
    "/ImportData": "ImportData",
    "/ResetForm": "ResetForm",
    "/GoToR": "GoToR",
    "/GoToE": "GoToE",
    "/Hide": "Hide",
    "/SetOCGState": "SetOCGState",
    "/Rendition": "Rendition",
    "/Movie": "Movie",
    "/Sound": "Sound",
    "/Trans": "Trans",
    "/GoTo3DView": "GoTo3DView",
    "/RichMediaExecute": "RichMedia",
}
ACTIVE_ANNOTATIONS = {
    "/RichMedia": "RichMedia",
    "/FileAttachment": "EmbeddedFile",
    "/Screen": "Screen",
    "/Movie": "Movie",
    "/Sound": "Sound",
    "/3D": "3D",
}
ACTIVE_KEYS = {"/JS": "JavaScript", "/EF": "EmbeddedFile", "/XFA": "XFA", "/AA": "AdditionalActions"}
ACTIVE_NAMES = {"/JavaScript": "JavaScript", "/EmbeddedFiles": "EmbeddedFile"}


def refuse_active(pdf: pikepdf.Pdf) -> None:
    """Raises DocumentActive with ``what`` was found, DocumentAlreadySigned."""
    _refuse_catalog(pdf.Root)
    for found in pdf.objects:
        for dictionary in _dictionaries(found):
            _refuse_dictionary(dictionary)


def _refuse_catalog(catalog: Any) -> None:
    opening = catalog.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and opening.get("/S") != "/GoTo":
        raise DocumentActive(what="OpenAction")
    for key, what in ACTIVE_NAMES.items():
        if key in catalog.get("/Names", {}):
            raise DocumentActive(what=what)
    form = catalog.get("/AcroForm", {})
    if form.get("/NeedAppearances"):
        raise DocumentActive(what="NeedAppearances")
    layers = catalog.get("/OCProperties", {}).get("/D", {})
    if len(layers.get("/OFF", [])) or layers.get("/BaseState", "/ON") != "/ON":
        raise DocumentActive(what="hidden layer")
    if "/Perms" in catalog:
        raise DocumentAlreadySigned


def _refuse_dictionary(dictionary: Any) -> None:
    for key, what in ACTIVE_KEYS.items():
        if key in dictionary:
            raise DocumentActive(what=what)
    action = ACTIVE_ACTIONS.get(_name(dictionary, "/S"))
    if action is not None and dictionary.get("/Type", "/Action") == "/Action" and "/K" not in dictionary:
        raise DocumentActive(what=action)
    annotation = ACTIVE_ANNOTATIONS.get(_name(dictionary, "/Subtype"))
    if annotation is not None and "/Rect" in dictionary:
        raise DocumentActive(what=annotation)
    if _name(dictionary, "/Type") in ("/Sig", "/DocTimeStamp") or "/ByteRange" in dictionary:
        raise DocumentAlreadySigned
    if isinstance(dictionary, pikepdf.Stream) and "/F" in dictionary:
        raise DocumentActive(what="external stream")


def _name(dictionary: Any, key: str) -> str:
    value = dictionary.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _dictionaries(found: Any) -> list[Any]:
    """The object's dictionary and the direct ones inside it; indirect ones come by themselves."""
    dictionaries, waiting = [], [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            dictionaries.append(value)
            waiting.extend(_direct(value.get(key)) for key in value.keys())
        elif isinstance(value, pikepdf.Array):
            waiting.extend(_direct(member) for member in value)
    return dictionaries


def _direct(value: Any) -> Any:
    return None if isinstance(value, pikepdf.Object) and value.is_indirect else value
