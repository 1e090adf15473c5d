import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../helpers/cli.ts'
import { apiFor } from './client.ts'
import { tutorialTables } from './tables.ts'

// The tutorial from the first upload to the last deletion, by boto3, with nothing but AWS_ENDPOINT_URL set to another place.

const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const isThere = spawnSync(python, ['-c', 'import boto3']).status === 0
const run = promisify(execFile)
const folder = temporaryFolder()
const start = apiFor()
const at = (...parts: string[]) => join(folder, ...parts)

describe.skipIf(!isThere)('the tutorial by boto3 (skipped where there is no Python with boto3)', () => {
  it.for(tutorialTables)('on $name', { timeout: 600_000 }, async (table, { skip }) => {
    const { name, isHere, target, accuracy, write } = table
    skip(!isHere, 'its rows are not here (GLASSPILOT_DATASETS, npm ci)')
    write(folder)
    mkdirSync(at(`buckets-${name}`), { recursive: true })
    const { port } = await start(at(`buckets-${name}`))
    const program = resolve(import.meta.dirname, 'tutorial.py')
    const { stdout } = await run(
      python,
      [
        program,
        at(`${name}.csv`),
        target,
        at(`${name}-held.csv`),
        '2',
        name === 'synthetic' ? 'training' : '',
      ],
      {
        maxBuffer: 1e8,
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'never-looked-at',
          AWS_DEFAULT_REGION: 'us-east-1',
          AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
        },
      },
    )
    const found = JSON.parse(stdout) as Record<string, never> & { accuracy: number; rows: number; board: string[]; best: string; events: number } // prettier-ignore
    expect(found).toMatchObject({
      problems: [],
      status: 'Completed',
      same: true,
      sides: ['endpointInput', 'endpointOutput'],
      trained:
        name !== 'synthetic'
          ? {}
          : {
              once: ['Completed', '', ['validation:Accuracy']],
              wrong: ['Failed', expect.stringMatching(/^AlgorithmError: .*"depth" is not known/), []],
              long: ['Stopped', '', expect.anything()],
            },
      left: [0, 0, 0, 0],
    })
    expect(found.board[0]).toBe(found.best)
    expect(found.accuracy).toBeGreaterThan(accuracy)
    expect(found.events).toBe(Math.ceil(found.rows / 100))
  })
})
