import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { loadRuntime } from '../../onnx/session.ts'
import { openOnnxModel } from '../../pipeline/onnx-model.ts'
import { InputError, messageOf } from '../../util/errors.ts'
import { syncFolder } from '../../util/files.ts'
import { docker } from './docker.ts'
import type { ExportFormat } from './format.ts'
import { node } from './node.ts'
import { onnx } from './onnx.ts'
import { python } from './python.ts'

export type { ExportFormat } from './format.ts'

/** Every format, simplest first. */
export const exportFormats: readonly ExportFormat[] = [onnx, python, node, docker]

/**
 * Writes the model of a folder as a package of its own and returns the names of the files. The package is made beside its
 * place and renamed, so that it is there whole or not at all. Its files are for sharing: readable as the system's mask has it.
 */
export async function exportModel(modelFolder: string, format: ExportFormat, out: string): Promise<string[]> {
  const folder = resolve(out)
  refuseOccupied(folder)
  const { info, close } = await openOnnxModel(modelFolder)
  await close()
  const { env } = await loadRuntime()
  const files = format.files({ info, onnxruntime: env.versions.node ?? env.versions.common })
  const building = `${folder}.tmp-${randomBytes(6).toString('hex')}`
  makeFolder(building, out)
  try {
    for (const name of [info.onnx.file, 'model.json']) {
      writeFileSync(join(building, name), readFileSync(join(modelFolder, name)))
    }
    for (const { name, text } of files) writeFileSync(join(building, name), text)
    if (existsSync(folder)) rmdirSync(folder)
    renameSync(building, folder)
  } catch (error) {
    rmSync(building, { recursive: true, force: true })
    throw error
  }
  syncFolder(dirname(folder))
  return [info.onnx.file, 'model.json', ...files.map(({ name }) => name)]
}

function refuseOccupied(folder: string): void {
  if (!existsSync(folder)) return
  if (statSync(folder).isDirectory() && readdirSync(folder).length === 0) return
  throw new InputError(
    'E_FOLDER_EXISTS',
    `output folder ${folder} is there already and not empty: expected a new folder; choose another --output`,
    { exit: 'cannotCreate' },
  )
}

function makeFolder(folder: string, asked: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new InputError(
      'E_CANNOT_CREATE',
      `output folder ${asked} cannot be made (${messageOf(error)}): expected a place that can be written; choose another --output`,
      { exit: 'cannotCreate', cause: error },
    )
  }
}
