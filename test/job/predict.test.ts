import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import { predictFile, type PredictOptions } from '../../src/job/predict.ts'
import { modelPredictor } from '../../src/job/predictor.ts'
import { answerRows } from '../../src/pipeline/answer.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { modelFolder } from '../serve/models.ts'

const temporary = temporaryFolder()
const folder = modelFolder(temporary, 'binary learners')
const questions = join(folder, 'questions.csv')
const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')

const cellsOf = (csv: string) => Papa.parse<string[]>(csv.trimEnd()).data
async function predict(file: string, options: PredictOptions = {}): Promise<string[][]> {
  const predictor = await modelPredictor(folder)
  try {
    return cellsOf((await predictFile(predictor, file, undefined, options)).csv!)
  } finally {
    await predictor.close()
  }
}

describe('predicting a file', () => {
  it('gives what the table as a whole gives', async () => {
    const predictor = await modelPredictor(folder)
    const { dataset } = await readDataset(questions, { schema: predictor.table })
    const { fields, data } = answerRows(await predictor.predict(dataset), predictor.task)
    await predictor.close()
    expect(await predict(questions)).toEqual([[...fields], ...data.map(row => row.map(String))])
  })

  it('weighs classes before it names one, where the model says so', async () => {
    const weighed = modelFolder(temporary, 'binary learners')
    const path = join(weighed, 'model.json')
    const info = JSON.parse(readFileSync(path, 'utf8')) as { task: object }
    writeFileSync(
      path,
      JSON.stringify({ ...info, task: { ...info.task, answer: { labelWeights: [1, 50] } } }),
    )
    const predictor = await modelPredictor(weighed)
    const { dataset } = await readDataset(questions, { schema: predictor.table })
    const { data } = answerRows(await predictor.predict(dataset), predictor.task)
    const { csv } = await predictFile(predictor, questions)
    await predictor.close()
    const found = cellsOf(csv!).slice(1)
    expect(found).toEqual(data.map(row => row.map(String)))
    expect(found.map(([label]) => label)).not.toEqual(
      (await predict(questions)).slice(1).map(([label]) => label),
    )
  })

  it('goes block by block through a file longer than a block, in order', async () => {
    const [header, ...rows] = readFileSync(questions, 'utf8').trimEnd().split('\n')
    const file = join(temporary, 'long.csv')
    const times = Math.ceil(5000 / rows.length)
    writeFileSync(file, `${[header, ...Array.from({ length: times }, () => rows).flat()].join('\n')}\n`)
    const once = await predict(questions)
    const all = await predict(file)
    expect(all).toHaveLength(1 + times * rows.length)
    for (const [i, row] of all.slice(1).entries()) {
      const [label, probability] = once[1 + (i % rows.length)]!
      expect(row[0]).toBe(label)
      expect(Number(row[1])).toBeCloseTo(Number(probability), 12)
    }
  })

  it('joins answers to rows, and filters what the model sees and what is written', async () => {
    const records = cellsOf(readFileSync(questions, 'utf8'))
    const answers = await predict(questions)
    const joined = await predict(questions, { join: true })
    expect(joined).toEqual(records.map((record, i) => [...record, ...answers[i]!]))
    const some = await predict(questions, { join: true, outputFilter: '$[0,-1]' })
    expect(some).toEqual(joined.map(line => [line[0], line.at(-1)]))
    expect(await predict(questions, { outputFilter: '$.predicted_label' })).toEqual(
      answers.map(line => [line[0]]),
    )
    const more = join(temporary, 'more.csv')
    writeFileSync(
      more,
      Papa.unparse(
        records.map((record, i) => [i === 0 ? 'id' : `row ${i}`, ...record]),
        { newline: '\n' },
      ),
    )
    const bare = join(temporary, 'bare.csv')
    writeFileSync(
      bare,
      Papa.unparse(
        records.slice(1).map((record, i) => [`row ${i + 1}`, ...record]),
        { newline: '\n' },
      ),
    )
    const identified = await predict(more, { join: true, outputFilter: '$[0,-1]' })
    expect(identified).toEqual([
      ['id', answers[0]!.at(-1)],
      ...answers.slice(1).map((line, i) => [`row ${i + 1}`, line.at(-1)]),
    ])
    expect(
      await predict(bare, { noHeader: true, inputFilter: '$[1:]', join: true, outputFilter: '$[0,-1]' }),
    ).toEqual(identified.slice(1))
    await expect(predict(bare, { noHeader: true })).rejects.toMatchObject({ code: 'E_RAGGED_FILE' })
    await expect(predict(questions, { inputFilter: '$[0]' })).rejects.toMatchObject({
      code: 'E_MISSING_COLUMNS',
    })
  })

  it('reads a file again when its end shows another encoding, and writes each row once', async () => {
    const file = join(temporary, 'late.csv')
    const text = readFileSync(questions, 'utf8').trimEnd()
    const rows = text.split('\n').slice(1)
    const ascii = rows.filter(row => /^[\u0000-\u007f]*$/.test(row))
    writeFileSync(file, `${text.split('\n')[0]}\n`)
    for (let size = 0; size < 600_000; size = statSync(file).size)
      appendFileSync(file, `${ascii.join('\n')}\n`.repeat(20))
    const lines = readFileSync(file, 'latin1').trimEnd().split('\n').length
    const words = ascii[0]!.replace(/[a-z]{2,}/, 'caf\u00e9')
    appendFileSync(file, Buffer.from(`${words}\n`, 'latin1'))
    const output = join(temporary, 'late-answers.csv')
    const predictor = await modelPredictor(folder)
    const { rows: predicted } = await predictFile(predictor, file, output)
    await predictor.close()
    expect(predicted).toBe(lines)
    expect(readFileSync(output, 'utf8').trimEnd().split('\n')).toHaveLength(lines + 1)
  })

  it('leaves nothing behind when it fails', async () => {
    const place = join(temporary, 'failed')
    const predictor = await modelPredictor(folder)
    await expect(
      predictFile(predictor, questions, join(place, 'answers.csv'), { inputFilter: '$[0]' }),
    ).rejects.toThrow('lacks')
    await predictor.close()
    expect(existsSync(join(place, 'answers.csv'))).toBe(false)
    expect(readdirSync(place)).toEqual([])
  })

  it('takes no more memory for a file of 12 MB than for a small one', () => {
    const [header, ...rows] = readFileSync(questions, 'utf8').trimEnd().split('\n')
    const block = `${rows.join('\n')}\n`.repeat(200)
    const tall = join(temporary, 'tall.csv.gz')
    writeFileSync(
      tall,
      Buffer.concat([
        gzipSync(`${header}\n`),
        ...Array.from({ length: Math.ceil(12e6 / block.length / 20) }, () =>
          gzipSync(block.repeat(20), { level: 1 }),
        ),
      ]),
    )
    const peak = (file: string) =>
      Number(
        execFileSync(
          process.execPath,
          [
            '--input-type=module',
            '-e',
            `import { readFileSync } from 'node:fs'
process.argv = [process.argv[0], 'glasspilot', 'predict', ${JSON.stringify(folder)}, ${JSON.stringify(file)}, '--output', ${JSON.stringify(join(temporary, 'tall-answers.csv'))}]
process.on('exit', () => console.log(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]))
await import(${JSON.stringify(MAIN)})`,
          ],
          { encoding: 'utf8' },
        ).trim(),
      )
    if (process.platform !== 'linux') return
    expect(peak(tall) - peak(questions)).toBeLessThan(80_000)
  })
})
