import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError, messageOf } from '../util/errors.ts'
import { sha256, writeFileAtomic } from '../util/files.ts'
import { JsonFault, readableJson, readPlacedJson, type PlacedJson } from '../util/json-lines.ts'
import { printable } from '../util/text.ts'
import type { Candidate } from './candidate.ts'
import { CandidateFault, FORMAT_VERSION, parseCandidates, type ParseOptions } from './parse.ts'

const isCandidateFile = (name: string) => name.endsWith('.json') && !name.startsWith('.')

/** One file per candidate, `<name>.json`, laid out for people; gives the paths. The folder must be new or empty. */
export function writeCandidateFiles(folder: string, candidates: readonly Candidate[]): string[] {
  if (existsSync(folder) && (!statSync(folder).isDirectory() || readdirSync(folder).length > 0)) {
    throw new InputError(
      'E_FOLDER_EXISTS',
      `--candidates folder ${folder} is not empty: expected a new folder, so that no edit is lost; choose another`,
      { exit: 'cannotCreate' },
    )
  }
  mkdirSync(folder, { recursive: true })
  return candidates.map(candidate => {
    const path = join(folder, `${candidate.name}.json`)
    writeFileAtomic(path, `${readableJson(candidate)}\n`)
    return path
  })
}

/** Files of a folder in the order of their numbers: `dpp2` before `dpp10`. */
function candidateFiles(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new InputError(
      'E_NO_SUCH_FOLDER',
      `--candidates folder ${folder} does not exist: expected one with a .json file per candidate; "glasspilot plan DATA --candidates ${folder}" writes it`,
      { exit: 'noInput' },
    )
  }
  const names = readdirSync(folder).filter(isCandidateFile)
  if (names.length === 0) {
    throw new InputError(
      'E_BAD_CANDIDATES',
      `--candidates folder ${folder} has no .json file: expected one per candidate; "glasspilot plan DATA --candidates DIR" writes them`,
      { exit: 'noInput' },
    )
  }
  const byNumber = new Intl.Collator('en', { numeric: true })
  return names.sort((a, b) => byNumber.compare(a, b) || (a < b ? -1 : 1)).map(name => join(folder, name))
}

/** Says whether anything in the files was edited. */
export const candidateFilesHash = (folder: string): string =>
  sha256(JSON.stringify(candidateFiles(folder).map(path => readFileSync(path, 'utf8'))))

/** Reads the candidates of a folder and checks every name and setting; a fault is told with file and line. */
export function readCandidateFiles(folder: string, options: ParseOptions = {}): Candidate[] {
  const files = candidateFiles(folder).map(path => ({ path, json: placed(path) }))
  const plan = { formatVersion: FORMAT_VERSION, candidates: files.map(({ json }) => json.value) }
  try {
    return parseCandidates(plan, options)
  } catch (error) {
    if (!(error instanceof CandidateFault)) throw error
    const [first, ...rest] = partsOf(error.path).slice(1)
    const file = files[Number(first)] ?? files[0]!
    const where = error.path.replace(/^candidates\[\d+\]\.?/, '')
    throw faultAt(file.path, file.json.lineOf(rest), `${where === '' ? '' : `${where}: `}${error.problem}`)
  }
}

/** Reads `candidates.json`; a fault is told with its line. */
export function readCandidatesFile(path: string, options: ParseOptions = {}): Candidate[] {
  const json = placed(path)
  try {
    return parseCandidates(json.value, options)
  } catch (error) {
    if (!(error instanceof CandidateFault)) throw error
    throw faultAt(path, json.lineOf(partsOf(error.path)), `${error.path}: ${error.problem}`)
  }
}

function placed(path: string): PlacedJson {
  try {
    return readPlacedJson(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof JsonFault) throw faultAt(path, error.line, `is not JSON: ${error.message}`)
    throw new InputError(
      'E_BAD_CANDIDATES',
      `${path} cannot be read (${messageOf(error)}): expected a JSON file`,
      {
        exit: 'noInput',
        cause: error,
      },
    )
  }
}

const faultAt = (path: string, line: number, problem: string) =>
  new InputError('E_BAD_CANDIDATES', printable(`${path}, line ${line}: ${problem}`))

/** `candidates[0].space.eta` as names and numbers. A name with a full stop in it leads to what is around it. */
const partsOf = (path: string): (string | number)[] =>
  path
    .split(/\.|(?=\[)/)
    .filter(part => part !== '')
    .map(part => (/^\[\d+\]$/.test(part) ? Number(part.slice(1, -1)) : part))
