import process from 'node:process'

/** What stands where a secret stood. */
export const REDACTED = '[redacted]'

const SECRET_NAMES =
  /password|passwd|passphrase|secret|token|credential|authorization|signature|cookie|apikey|accesskey|privatekey|keyid|^pwd$|^sig$/

/** Whether what goes by this name is to be kept quiet: `AWS_SECRET_ACCESS_KEY`, `x-api-key`, `sessionToken`. */
export const isSecretName = (name: string): boolean =>
  SECRET_NAMES.test(name.toLowerCase().replace(/[^a-z0-9]+/g, ''))

const SHORTEST = 6 // characters of a value that is searched for: "1" and "true" are no secrets

// Bounded pieces, each begun at the start of a word: time grows with the length of the text.
const KEY_ID = /(?<![A-Z0-9])A(?:KIA|SIA|IDA|ROA)[A-Z0-9]{12,124}/g
const USER_OF_URL = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"']{1,1024}@/gi
const SCHEME = /(?<![\w-])(Bearer|Basic)\s(?=[^\s\d=]{0,256}[\d=])[\w.~+/=-]{6,4096}/gi
const HEADER =
  /(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-amz-security-token)(\s?:\s?)[^\n"']{1,8192}/gi
const ASSIGNED =
  /(?<![\w.-])(--)?([\w.-]{1,80})(=)("[^"\n]{1,8192}"|'[^'\n]{1,8192}'|[^\s"'&,;)}\]]{1,8192})/g
const MEMBER = /(?<=["'])([\w.-]{1,80})(["']\s?:\s?)("[^"\n]{1,8192}"|'[^'\n]{1,8192}')/g

/**
 * A line as a log, a journal or a terminal may have it: without what secret variables of the environment hold, passwords in
 * addresses, signed queries, headers that let somebody in, and settings whose name says that they are secret.
 */
export function withoutSecrets(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  let safe = text
  for (const secret of secretsOf(env)) safe = safe.replaceAll(secret, REDACTED)
  return safe
    .replace(KEY_ID, REDACTED)
    .replace(USER_OF_URL, `$1${REDACTED}@`)
    .replace(HEADER, `$1$2${REDACTED}`)
    .replace(SCHEME, `$1 ${REDACTED}`)
    .replace(ASSIGNED, (whole, dashes: string | undefined, name: string, sign: string) =>
      isSecretName(name) ? `${dashes ?? ''}${name}${sign}${REDACTED}` : whole,
    )
    .replace(MEMBER, (whole, name: string, sign: string) =>
      isSecretName(name) ? `${name}${sign}"${REDACTED}"` : whole,
    )
}

/** Values of variables that are secret by name, and passwords in the addresses that others hold; the longest first. */
function secretsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  const found = Object.entries(env).flatMap(([name, value = '']) => [
    // The shell's PWD is where it stands.
    ...(isSecretName(name) && name !== 'PWD' ? [value] : []),
    ...Array.from(value.matchAll(/:\/\/[^\s/@:]{0,256}:([^\s/@]{1,1024})@/g), match => match[1]!),
  ])
  return found.filter(value => value.length >= SHORTEST).sort((a, b) => b.length - a.length)
}

/** Plain data as JSON, without what goes by a secret name and without secrets in its texts. */
export function withoutSecretsJson(value: object): string {
  try {
    const hide = (name: string, item: unknown) =>
      isSecretName(name) && item !== undefined && item !== null ? REDACTED : item
    return withoutSecrets(JSON.stringify(value, hide))
  } catch {
    return String(value) // it holds itself
  }
}
