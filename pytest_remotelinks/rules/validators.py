"""The validators of a document. They are costly to build and hold no state: one of each for a document, built when first needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.document import Document

if TYPE_CHECKING:
    from pytest_remotelinks.contract.fast_path import FastPath, MemberFastPath
    from pytest_remotelinks.contract.validator import SchemaValidator


@cache
def fast_path_of(document: Document) -> FastPath:
    """A test that is true only of submissions that violate no rule."""
    from pytest_remotelinks.contract.fast_path import build_fast_path

    return build_fast_path(document)


@cache
def member_fast_path_of(document: Document) -> MemberFastPath:
    """A test that is true only of members of a submission, or of its entities, that violate no rule."""
    from pytest_remotelinks.contract.fast_path import build_member_fast_path

    return build_member_fast_path(document)


@cache
def id_fast_path_of(document: Document, operation: Operation) -> FastPath:
    """A test that is true only of ids that fit the document."""
    from pytest_remotelinks.contract.fast_path import build_id_fast_path

    return build_id_fast_path(document, operation)


@cache
def validator_of(document: Document) -> SchemaValidator:
    """The validator, which imports openapi-core."""
    from pytest_remotelinks.contract.validator import SchemaValidator

    return SchemaValidator(document)
