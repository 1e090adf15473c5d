import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { InputError, messageOf } from '../../src/util/errors.ts'
import { isSecretName, REDACTED, withoutSecrets, withoutSecretsJson } from '../../src/util/redact.ts'

const NONE = {}

describe('names', () => {
  it.each([
    'password', 'DATABASE_PASSWORD', 'dbPassword', 'passwd', 'secret', 'client_secret', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID',
    'AWS_SESSION_TOKEN', 'GITHUB_TOKEN', 'token', 'sessionToken', 'authorization', 'Proxy-Authorization', 'credential', 'credentials',
    'X-Amz-Signature', 'x-amz-security-token', 'x-api-key', 'apiKey', 'private_key', 'set-cookie', 'key id', 'sig',
  ])('%s is secret', name => expect(isSecretName(name)).toBe(true)) // prettier-ignore

  it.each([
    'PATH',
    'HOME',
    'target',
    'key',
    'region',
    'role',
    'storage',
    'seed',
    'monkey',
    'passenger',
    'signal',
    'author',
  ])('%s is not', name => expect(isSecretName(name)).toBe(false))
})

describe('a line without secrets', () => {
  const canary = 'CANARY-5e1'
  it.each([
    ['an address with a password', `cannot reach redis://user:${canary}@localhost:6379/0`],
    ['an address with a token', `git+https://${canary}@example.org/a.git`],
    ['a signed query', `GET https://b.s3.amazonaws.com/k?X-Amz-Signature=${canary}&X-Amz-Date=20260101`],
    ['a header', `sent authorization: Bearer ${canary}`],
    ['a scheme', `sent "Bearer ${canary}"`],
    [
      'a signature',
      `AWS4-HMAC-SHA256 Credential=${canary}/20260101/eu, SignedHeaders=host, Signature=${canary}`,
    ],
    ['a cookie', `Set-Cookie: session=${canary}; HttpOnly`],
    ['a setting', `DATABASE_PASSWORD=${canary}`],
    ['a quoted setting', `password="${canary} and more ${canary}"`],
    ['an option', `ran glasspilot serve --token=${canary}`],
    ['JSON', `{"user":"me","password":"${canary}","port":1}`],
    ['a Python dict', `{'user': 'me', 'api_key': '${canary}'}`],
  ])('tells nothing of %s', (_, line) => {
    const safe = withoutSecrets(line, NONE)
    expect(safe).not.toContain(canary)
    expect(safe).toContain(REDACTED)
  })

  it('hides key ids of AWS by their shape', () => {
    expect(withoutSecrets('key AKIAIOSFODNN7EXAMPLE is unknown', NONE)).toBe(`key ${REDACTED} is unknown`)
  })

  it('hides what secret variables of the environment hold, wherever it comes up', () => {
    const env = {
      API_TOKEN: 'zebra-crossing',
      HTTPS_PROXY: 'http://me:tiger-moth@proxy:3128',
      EDITOR: 'vim-classic',
    }
    expect(withoutSecrets('zebra-crossing tiger-moth vim-classic', env)).toBe(
      `${REDACTED} ${REDACTED} vim-classic`,
    )
    expect(withoutSecrets('a 1', { A_TOKEN: 'a', B_SECRET: '1' })).toBe('a 1')
    expect(withoutSecrets('/home/me/a.csv', { PWD: '/home/me', OLDPWD: '/home' })).toBe('/home/me/a.csv')
    expect(withoutSecrets('uid=me;Pwd=abc', NONE)).toBe(`uid=me;Pwd=${REDACTED}`)
  })

  it.each([
    'column "token": 3 of 891 values are not numbers (first: "n/a", line 17); pass --missing "n/a" to read them as missing',
    'glasspilot: E_OPTIONS_CHANGED: experiment out cannot go on with other options: seed was 1 and is 2; expected the same, or none',
    '--host 0.0.0.0 can be reached from other machines: expected --token (at least 16 characters, or in GLASSPILOT_TOKEN)',
    'no credentials for AWS were found: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials',
    'the token is missing or wrong',
    's3://bucket/a/b@c.csv is read',
    'target=churn has 3 classes; a: b, "c": 4',
    'basic statistics of 3 columns; bearer certificates',
  ])('leaves alone: %s', line => expect(withoutSecrets(line, NONE)).toBe(line))

  it('reads hostile lines in time that grows with their length', () => {
    const pieces = [
      'a',
      'a.',
      '://',
      'password=',
      '"',
      '=',
      'Bearer ',
      '@',
      'AKIA',
      'authorization:',
      ' ',
      '-',
    ]
    const before = process.cpuUsage()
    for (const piece of pieces) withoutSecrets(piece.repeat(2 ** 18), NONE)
    const { user } = process.cpuUsage(before)
    // Time that grows with the square of the length would be minutes.
    expect(user / 1e6).toBeLessThan(60)
  })
})

describe('what was thrown', () => {
  it('is told without secrets, also where it is no error', () => {
    const thrown = { user: 'me', password: 'x1', nested: [{ accessKeyId: 'y2', url: 'https://a:z3@b/c' }] }
    expect(messageOf(thrown)).toBe(
      `{"user":"me","password":"${REDACTED}","nested":[{"accessKeyId":"${REDACTED}","url":"https://${REDACTED}@b/c"}]}`,
    )
    expect(messageOf(new InputError('E_X', 'token=abcdef is old'))).toBe(`token=${REDACTED} is old`)
    expect(messageOf('secret=q')).toBe(`secret=${REDACTED}`)
    expect(messageOf(undefined)).toBe('undefined')
  })

  it('may hold itself', () => {
    const knot: Record<string, unknown> = { token: 'abc' }
    knot['self'] = knot
    expect(withoutSecretsJson(knot)).toBe('[object Object]')
  })
})
