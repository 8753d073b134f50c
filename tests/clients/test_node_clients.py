"""Two other implementations of the signature: the npm packages atlassian-jwt and jira.js."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

PACKAGES = ("atlassian-jwt@2", "jira.js@5")
SECRET = "a shared secret of forty characters, too"
APP = {
    "key": "com.scanner.shop",
    "baseUrl": "https://scanner.example",
    "scopes": ["READ", "WRITE", "DELETE"],
    "modules": {
        "jiraRemoteLinkInfoProvider": {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"},
    },
}
IDS = ["alert-1", "a b", "a/b", "a&b", "größe", "50%", "a?b#c", "a+b", "*!'()~-._", "a=b,c", "日本"]

BY_ATLASSIAN_JWT = """
const jwt = require('atlassian-jwt');
const { url, key, secret, ids, link } = JSON.parse(process.argv[2]);

async function send(method, target, body) {
  const now = Math.floor(Date.now() / 1000);
  const qsh = jwt.createQueryStringHash(jwt.fromMethodAndUrl(method, target));
  const token = jwt.encodeSymmetric({ iss: key, iat: now, exp: now + 180, qsh }, secret);
  const headers = { Authorization: 'JWT ' + token, 'Content-Type': 'application/json' };
  const answer = await fetch(url + target, { method, headers, body: body && JSON.stringify(body) });
  await answer.text();
  return answer.status;
}

(async () => {
  const statuses = [];
  const base = '/rest/remotelinks/1.0';
  for (const id of ids) {
    const one = base + '/remotelink/' + encodeURIComponent(id);
    // Sorted before they are encoded, the values of c have another order than afterwards.
    const query = '?c=a-&c=a%2F&b=' + encodeURIComponent(id) + '&a=' + encodeURIComponent(id).replace(/%20/g, '+');
    statuses.push([
      await send('POST', base + '/bulk', { remoteLinks: [{ ...link, id }], properties: { a: id, b: id, c: id } }),
      await send('GET', one),
      await send('DELETE', one),
      await send('DELETE', base + '/bulkByProperties' + query),
    ]);
  }
  console.log(JSON.stringify(statuses));
})();
"""

BY_JIRA_JS = """
const { AgileClient } = require('jira.js');
const { url, key, secret, ids, link } = JSON.parse(process.argv[2]);
const client = new AgileClient({ host: url, authentication: { jwt: { issuer: key, secret } } });

(async () => {
  for (const id of ids) {
    // jira.js puts an id into the path as it is given.
    const remoteLinkId = encodeURIComponent(id);
    await client.remoteLinks.submitRemoteLinks({ remoteLinks: [{ ...link, id }], properties: { account: id } });
    const stored = await client.remoteLinks.getRemoteLinkById({ remoteLinkId });
    if (stored.id !== id) throw new Error('read ' + stored.id);
    await client.remoteLinks.deleteRemoteLinkById({ remoteLinkId });
    await client.remoteLinks.deleteRemoteLinksByProperty({ params: { account: id } });
  }
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Runs a script of Node that has both packages."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    words = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES]
    try:
        installed = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install the packages within three minutes")
    if installed.returncode:
        pytest.skip(f"npm could not install {' and '.join(PACKAGES)}: {installed.stderr.strip()[:300]}")

    def run(script, given):
        (folder / "script.cjs").write_text(script, encoding="utf-8")
        done = subprocess.run(
            ["node", "script.cjs", json.dumps(given)], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.slow
@pytest.mark.both_versions
def test_signatures_of_other_implementations(node, make_site, link, version):
    """Two other implementations of the signature are accepted for every operation."""
    for script in (BY_ATLASSIAN_JWT, BY_JIRA_JS):
        jira = make_site(contract=version, consistency="immediate", app=APP, shared_secret=SECRET, ignore="RL901")
        output = node(script, {"url": jira.url, "key": APP["key"], "secret": SECRET, "ids": IDS, "link": link()})
        assert len(jira.requests) == 4 * len(IDS)
        assert {exchange.status for exchange in jira.requests} == {200, 202}
        assert {exchange.app for exchange in jira.requests} == {APP["key"]}
        assert not [violation for violation in jira.violations if violation.code.startswith("RL5")]
        if script is BY_ATLASSIAN_JWT:
            assert json.loads(output) == [[202, 200, 202, 202]] * len(IDS)
            assert jira.violations == []
        else:
            # Its deletion by properties names them in JSON, which is a mistake of another kind.
            assert {violation.code for violation in jira.violations} == {"RL306"}
