"""The Remote Links API."""

from __future__ import annotations

from pytest_remotelinks.apis.api import Api, Operation

REMOTE_LINKS = Api(
    name="remotelinks",
    noun="remote link",
    base="/rest/remotelinks/1.0",
    gateway_bases=(
        r"/ex/jira/[^/]+/rest/remotelinks/1\.0",  # for OAuth and Forge apps
        r"/jira/remotelinks/1\.0/cloud/[^/]+",  # for on-premises tools
    ),
    operations=(
        Operation("submitRemoteLinks", "submit", "POST", "/bulk"),
        Operation("deleteRemoteLinksByProperty", "delete-by-properties", "DELETE", "/bulkByProperties"),
        Operation("getRemoteLinkById", "read", "GET", "/remotelink/{remoteLinkId}"),
        Operation("deleteRemoteLinkById", "delete", "DELETE", "/remotelink/{remoteLinkId}"),
    ),
    list_member="remoteLinks",
    identity=("id",),
    sequence_member="updateSequenceNumber",
    accepted_member="acceptedRemoteLinks",
    rejected_member="rejectedRemoteLinks",
    unknown_member="unknownAssociations",
    rejected_shape="object",
    sequence_parameter="_updateSequenceNumber",
    associations_member="associations",
    service_types=frozenset({"serviceIdOrKeys"}),
    connect_module="jiraRemoteLinkInfoProvider",
    forge_module="devops:remoteLinkInfoProvider",
    telling_members=frozenset({"id", "updateSequenceNumber", "displayName", "lastUpdated", "associations"}),
)
