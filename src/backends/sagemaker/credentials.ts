import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { BackendError } from '../../util/errors.ts'
import type { Credentials } from './signature.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The chain of the AWS SDK where its package of credentials is installed (single sign-on, roles, instance profiles); without it, the
 * variables and the shared file.
 */
export async function findCredentials(env: Environment = process.env): Promise<Credentials> {
  const found = (await fromSdk(env)) ?? fromVariables(env) ?? fromFile(env)
  if (found) return found
  throw new BackendError(
    'E_NO_CREDENTIALS',
    'no credentials for AWS were found: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials; for other kinds, install @aws-sdk/credential-provider-node',
    { exit: 'unreachable' },
  )
}

async function fromSdk(env: Environment): Promise<Credentials | undefined> {
  // Not installed by default, so not resolved at build time.
  const name: string = '@aws-sdk/credential-provider-node'
  let sdk: { defaultProvider(options: object): () => Promise<Credentials> }
  try {
    sdk = (await import(name)) as typeof sdk
  } catch {
    return undefined
  }
  const profile = env['AWS_PROFILE']
  // Credentials that expired are looked for anew: somebody may have written others into the shared file.
  return sdk
    .defaultProvider({ ignoreCache: true, ...(profile !== undefined && { profile }) })()
    .catch(() => undefined)
}

function fromVariables(env: Environment): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env
  return id && secret ? credentials(id, secret, token) : undefined
}

/** The profile of the shared file: `[name]` and lines `key = value`. */
function fromFile(env: Environment): Credentials | undefined {
  const path = env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homedir(), '.aws', 'credentials')
  if (!existsSync(path)) return undefined
  const wanted = env['AWS_PROFILE'] ?? 'default'
  const values = new Map<string, string>()
  let section = ''
  for (const line of readFileSync(path, 'utf8').split(/\r?\n/)) {
    section = /^\s*\[\s*(.+?)\s*\]/.exec(line)?.[1] ?? section
    const [, key, value] = /^\s*([a-z_]+)\s*=\s*(\S+)\s*$/i.exec(line) ?? []
    if (section === wanted && key !== undefined) values.set(key.toLowerCase(), value!)
  }
  const [id, secret] = [values.get('aws_access_key_id'), values.get('aws_secret_access_key')]
  return id !== undefined && secret !== undefined
    ? credentials(id, secret, values.get('aws_session_token'))
    : undefined
}

const credentials = (
  accessKeyId: string,
  secretAccessKey: string,
  sessionToken: string | undefined,
): Credentials => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken ? { sessionToken } : {}),
})
