import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findCredentials } from '../../../src/backends/sagemaker/credentials.ts'
import { signedHeaders, type SignedParts } from '../../../src/backends/sagemaker/signature.ts'
import { sha256 } from '../../../src/util/files.ts'
import { temporaryFolder } from '../../helpers/cli.ts'

const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const hasBotocore = spawnSync(python, ['-c', 'import botocore']).status === 0
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const time = new Date('2015-08-30T12:36:00Z')

describe('signatures', () => {
  it('are those of the published example get-vanilla', () => {
    const url = new URL('https://example.amazonaws.com/')
    const parts = {
      method: 'GET',
      url,
      headers: {},
      bodyHash: sha256(''),
      service: 'service',
      region: 'us-east-1',
      time,
    }
    expect(signedHeaders(parts, KEYS)['authorization']).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    )
  })

  it.skipIf(!hasBotocore)(
    'are those of botocore, for SageMaker and S3 (skipped where Python has no botocore)',
    () => {
      const body = '{"AutoMLJobName":"a"}'
      const cases: SignedParts[] = [
        { method: 'POST', url: new URL('https://api.sagemaker.eu-west-1.amazonaws.com/'), headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'SageMaker.DescribeAutoMLJobV2' }, bodyHash: sha256(body), service: 'sagemaker', region: 'eu-west-1', time }, // prettier-ignore
        { method: 'PUT', url: new URL('https://bucket.s3.us-east-1.amazonaws.com/a%20b/c%28d%29%2Be.csv'), headers: {}, bodyHash: sha256(body), service: 's3', region: 'us-east-1', time }, // prettier-ignore
        { method: 'GET', url: new URL('https://s3.us-east-1.amazonaws.com/bucket/?list-type=2&prefix=a%2Fb%20c&continuation-token=x%2B%2F%3D'), headers: {}, bodyHash: sha256(''), service: 's3', region: 'us-east-1', time }, // prettier-ignore
      ]
      const program = `
import json, sys, datetime
from unittest import mock
from botocore.auth import SigV4Auth, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import botocore.auth
moment = datetime.datetime(2015, 8, 30, 12, 36, 0)
found = []
for case in json.load(sys.stdin):
    request = AWSRequest(method=case["method"], url=case["url"], headers=case["headers"], data=case["body"].encode())
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a-token")
    auth = (S3SigV4Auth if case["service"] == "s3" else SigV4Auth)(credentials, case["service"], case["region"])
    class Frozen(datetime.datetime):
        @classmethod
        def utcnow(cls): return moment
        @classmethod
        def now(cls, tz=None): return moment.replace(tzinfo=tz)
    with mock.patch("botocore.auth.get_current_datetime", lambda *_: moment, create=True), mock.patch("botocore.auth.datetime", mock.Mock(datetime=Frozen), create=True):
        auth.add_auth(request)
    found.append(request.headers["Authorization"])
print(json.dumps(found))
`
      const input = cases.map(({ url, ...part }) => ({
        ...part,
        url: url.href,
        body: part.bodyHash === sha256('') ? '' : body,
      }))
      const { stdout, stderr } = spawnSync(python, ['-c', program], {
        input: JSON.stringify(input),
        encoding: 'utf8',
      })
      expect(stderr).toBe('')
      const ours = cases.map(
        parts => signedHeaders(parts, { ...KEYS, sessionToken: 'a-token' })['authorization'],
      )
      expect(ours).toEqual(JSON.parse(stdout))
    },
  )
})

describe('credentials', () => {
  const folder = temporaryFolder()
  it('come from the variables, else from a profile of the shared file, else there are none', async () => {
    const file = join(folder, 'credentials')
    writeFileSync(
      file,
      '[default]\naws_access_key_id = A\naws_secret_access_key = B\n\n[work]\naws_access_key_id=C\naws_secret_access_key=D\naws_session_token=E\n',
    )
    const env = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_EC2_METADATA_DISABLED: 'true' }
    expect(await findCredentials(env)).toEqual({ accessKeyId: 'A', secretAccessKey: 'B' })
    expect(await findCredentials({ ...env, AWS_PROFILE: 'work' })).toEqual({
      accessKeyId: 'C',
      secretAccessKey: 'D',
      sessionToken: 'E',
    })
    expect(await findCredentials({ ...env, AWS_ACCESS_KEY_ID: 'F', AWS_SECRET_ACCESS_KEY: 'G' })).toEqual({
      accessKeyId: 'F',
      secretAccessKey: 'G',
    })
    await expect(findCredentials({ ...env, AWS_PROFILE: 'nobody' })).rejects.toMatchObject({
      code: 'E_NO_CREDENTIALS',
    })
  })
})
