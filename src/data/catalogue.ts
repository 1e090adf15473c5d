import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { InputError } from '../util/errors.ts'
import { nearest, quoted } from '../util/text.ts'
import type { Task } from './dataset.ts'
import { download } from './download.ts'
import type { PublicFile } from './download.ts'
import { stem } from './file.ts'
import { isFolder } from './folder.ts'
import type { TablePath } from './source.ts'
import { smallMnistFolder, writeSmallMnist } from './small-mnist.ts'
import { isStream, spool } from './spool.ts'

/** A dataset known by name. */
export interface CatalogueEntry {
  readonly name: string
  readonly title: string
  readonly target: string
  readonly task: Task
  readonly metric: string
  readonly licence: string
  /** In the package's `datasets` folder. */
  readonly file?: string
  readonly download?: { readonly train: PublicFile; readonly test?: PublicFile }
  /** What a run should reach on the test file. */
  readonly expected?: { readonly metric: string; readonly atLeast?: number; readonly atMost?: number }
}

export interface ResolvedDataset {
  readonly name: string
  readonly train: string
  readonly test?: string
  readonly target?: string
  /** Something the person should be told about this copy. */
  readonly note?: string
}

/** An entry of the catalogue and whether a copy is at hand without the network. */
export interface ListedDataset extends CatalogueEntry {
  readonly available: boolean
}

const packageFolder = resolve(import.meta.dirname, '../../datasets')
const ENDINGS = ['.csv', '.csv.gz', '.parquet']

const readCatalogue = (): readonly CatalogueEntry[] =>
  (JSON.parse(readFileSync(join(packageFolder, 'catalogue.json'), 'utf8')) as { datasets: CatalogueEntry[] })
    .datasets

/** Where downloaded and made files are kept: `$XDG_CACHE_HOME/glasspilot` or `~/.cache/glasspilot`. */
export const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'glasspilot', 'datasets')

/** The files of a dataset: a path as given, or a name looked up in the data folder, the cache, the package and the catalogue. */
export async function resolveDataset(
  nameOrPath: string,
  { keep = false }: { /** A spooled stream outlives this process. */ keep?: boolean } = {},
): Promise<ResolvedDataset> {
  if (isStream(nameOrPath)) {
    const { name, path } = await spool(nameOrPath, join(cacheFolder(), '..', 'streams'), keep)
    return { name, train: path }
  }
  if (looksLikePath(nameOrPath) || isFile(nameOrPath) || isFolder(nameOrPath)) {
    return { name: stem(nameOrPath), train: nameOrPath, ...knownTarget(nameOrPath) }
  }
  const entry = readCatalogue().find(item => item.name === nameOrPath)
  const found = findLocal(nameOrPath, entry)
  if (found) return found
  if (entry?.download) return fetchDataset(entry, entry.download)
  if (nameOrPath === 'mnist') {
    const small = smallMnist()
    if (small) return small
  }
  throw unknownDataset(nameOrPath, entry)
}

/** A table given as one path or name, or as several that are read as one. */
export async function resolveTable(
  given: readonly string[],
  options: { keep?: boolean } = {},
): Promise<Omit<ResolvedDataset, 'train'> & { readonly train: TablePath }> {
  const found: ResolvedDataset[] = []
  for (const item of given) found.push(await resolveDataset(item, options))
  if (found.length === 1) return found[0]!
  const { name, target } = found[0]!
  return { name, train: found.map(({ train }) => train), ...(target !== undefined && { target }) }
}

/** Every dataset known by name. */
export function listDatasets(): readonly ListedDataset[] {
  return readCatalogue().map(entry => ({
    ...entry,
    available:
      findLocal(entry.name, entry) !== undefined ||
      (entry.name === 'mnist' && smallMnistFolder() !== undefined),
  }))
}

const looksLikePath = (text: string): boolean => /[/\\]|\.(?:csv|tsv|txt|gz|parquet|pq)$/i.test(text)

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile()

function findLocal(name: string, entry: CatalogueEntry | undefined): ResolvedDataset | undefined {
  const folders = [process.env['GLASSPILOT_DATASETS'], cacheFolder()].filter(
    folder => folder !== undefined && folder !== '',
  )
  for (const folder of folders) {
    const files = findFiles(folder!, name)
    if (!files) continue
    const target = manifestTarget(folder!, files.train) ?? entry?.target
    return { name, ...files, ...(target !== undefined && { target }) }
  }
  if (entry?.file !== undefined) return { name, train: join(packageFolder, entry.file), target: entry.target }
  return undefined
}

/** `<name>.csv`, or the pair `<name>_train` and `<name>_test`, gzip-compressed or not. */
function findFiles(folder: string, name: string): { train: string; test?: string } | undefined {
  const find = (stem: string) => ENDINGS.map(ending => join(folder, stem + ending)).find(isFile)
  const pair = find(`${name}_train`)
  const single = find(name)
  if (single !== undefined) return { train: single }
  if (pair === undefined) return undefined
  const test = find(`${name}_test`) ?? find(`${name}_valid`)
  return { train: pair, ...(test !== undefined && { test }) }
}

interface ManifestEntry {
  readonly file?: string
  readonly target?: string
}

/** The target that a `manifest.json` beside the data names. */
function manifestTarget(folder: string, path: string): string | undefined {
  const manifest = join(folder, 'manifest.json')
  if (!isFile(manifest)) return undefined
  try {
    const entries = JSON.parse(readFileSync(manifest, 'utf8')) as unknown
    if (!Array.isArray(entries)) return undefined
    return (entries as ManifestEntry[]).find(entry => entry.file === basename(path))?.target
  } catch {
    throw new InputError('E_BAD_MANIFEST', `${quoted(manifest)} is not JSON; mend or remove it`)
  }
}

/** A path into a data folder still has its manifest's target. */
function knownTarget(path: string): { target?: string } {
  const folder = process.env['GLASSPILOT_DATASETS']
  if (!folder || resolve(path, '..') !== resolve(folder)) return {}
  const target = manifestTarget(folder, path)
  return target === undefined ? {} : { target }
}

async function fetchDataset(
  { name, target }: CatalogueEntry,
  files: NonNullable<CatalogueEntry['download']>,
): Promise<ResolvedDataset> {
  const ending = (url: string) => (url.endsWith('.gz') ? '.csv.gz' : '.csv')
  const path = (file: PublicFile, part: string) => join(cacheFolder(), `${name}${part}${ending(file.url)}`)
  const test = files.test && path(files.test, '_test')
  const train = path(files.train, files.test ? '_train' : '')
  // The training file comes last: who finds it finds the test file too.
  if (files.test) await download(files.test, test!)
  await download(files.train, train)
  return { name, train, target, ...(test !== undefined && { test }) }
}

function smallMnist(): ResolvedDataset | undefined {
  const train = join(cacheFolder(), 'mnist-small_train.csv')
  const test = join(cacheFolder(), 'mnist-small_test.csv')
  if (!isFile(train) || !isFile(test)) {
    const digits = smallMnistFolder()
    if (digits === undefined) return undefined
    writeSmallMnist(digits, train, test)
  }
  return {
    name: 'mnist',
    train,
    test,
    target: 'label',
    note: 'this is the small offline copy of MNIST: 8,000 digits to train on and 2,000 to test on, not the 60,000 and 10,000 of the original',
  }
}

function unknownDataset(name: string, entry: CatalogueEntry | undefined): InputError {
  const how = `put ${name}.csv into the folder that GLASSPILOT_DATASETS names`
  if (entry) {
    return new InputError(
      'E_NO_SUCH_FILE',
      `dataset ${quoted(name)} is known but no copy of it is on this machine; ${how}`,
      {
        exit: 'noInput',
      },
    )
  }
  const near = nearest(
    name,
    readCatalogue().map(item => item.name),
  )
  const hint = near === undefined ? `give a CSV file, or ${how}` : `did you mean ${quoted(near)}?`
  return new InputError('E_NO_SUCH_FILE', `no file and no dataset named ${quoted(name)}; ${hint}`, {
    exit: 'noInput',
  })
}
