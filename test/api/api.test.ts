import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { operations } from '../../src/api/operations.ts'
import { listPage } from '../../src/api/pages.ts'
import { Places } from '../../src/api/places.ts'
import { requests } from '../../src/api/requests.ts'
import { openData } from '../../src/experiment/data.ts'
import { layout } from '../../src/experiment/store.ts'
import { unpack } from '../../src/util/pack.ts'
import { packTarGz, unpackTarGz } from '../../src/util/tar.ts'
import { temporaryFolder, writeTable } from '../helpers/cli.ts'
import { apiFor, call, jobV2, until } from './client.ts'

const root = temporaryFolder()
const start = apiFor()

describe('the control plane', () => {
  beforeAll(() => {
    mkdirSync(join(root, 'bucket'), { recursive: true })
    writeTable(join(root, 'bucket', 'train.csv'), 'binary', 300)
    writeTable(join(root, 'bucket', 'large.csv'), 'binary', 3000)
  })
  const server = start(root)

  it('has a shape for every operation', () => {
    expect(Object.keys(requests).sort()).toEqual(Object.keys(operations).sort())
  })

  it.each([
    [
      'CreateAutoMLJobV2',
      {},
      'ValidationException',
      "5 validation errors detected: Value null at 'autoMLJobName'",
    ],
    ['CreateAutoMLJobV2', jobV2('a b', 's3://bucket/train.csv'), 'ValidationException', 'regular expression'],
    [
      'CreateAutoMLJobV2',
      jobV2('x'.repeat(33), 's3://bucket/train.csv'),
      'ValidationException',
      'length less than or equal to 32',
    ],
    [
      'CreateAutoMLJobV2',
      { ...jobV2('a', 's3://bucket/train.csv'), RoleArn: 'me' },
      'ValidationException',
      'roleArn',
    ],
    [
      'CreateAutoMLJobV2',
      jobV2('a', 's3://bucket/train.csv', { Mode: 'FAST' }),
      'ValidationException',
      'enum value set: [AUTO',
    ],
    [
      'CreateAutoMLJobV2',
      jobV2('a', 's3://bucket/train.csv', { CompletionCriteria: { MaxCandidates: 751 } }),
      'ValidationException',
      'less than or equal to 750',
    ],
    [
      'CreateAutoMLJobV2',
      jobV2('a', 's3://bucket/train.csv', { ProblemType: 'Regression' }),
      'ValidationException',
      'AutoMLJobObjective must be',
    ],
    [
      'CreateAutoMLJobV2',
      jobV2(
        'a',
        's3://bucket/train.csv',
        { ProblemType: 'Regression' },
        { AutoMLJobObjective: { MetricName: 'AUC' } },
      ),
      'ValidationException',
      'expected MAE, MSE',
    ],
    [
      'CreateAutoMLJobV2',
      { ...jobV2('a', 's3://bucket/x'), AutoMLProblemTypeConfig: { ImageClassificationJobConfig: {} } },
      'ValidationException',
      'TabularJobConfig',
    ],
    ['CreateAutoMLJobV2', jobV2('a', 's3://bucket/../../etc/passwd'), 'ValidationException', 'no place here'],
    ['DescribeAutoMLJob', { AutoMLJobName: 'nobody' }, 'ResourceNotFound', 'nobody'],
    ['StopAutoMLJob', { AutoMLJobName: 'nobody' }, 'ResourceNotFound', 'nobody'],
    ['ListAutoMLJobs', { NextToken: 'bm90aGluZw' }, 'ValidationException', 'NextToken'],
    ['ListAutoMLJobs', { MaxResults: '5' }, 'ValidationException', 'has type string: integer was expected'],
    ['DescribeModel', { ModelName: 'nobody' }, 'ValidationException', 'Could not find model'],
    [
      'CreateModel',
      { ModelName: 'a', PrimaryContainer: { Image: 'x', ModelDataUrl: 's3://bucket/none.tar.gz' } },
      'ValidationException',
      'Could not find model data',
    ],
    [
      'CreateEndpoint',
      { EndpointName: 'a', EndpointConfigName: 'b' },
      'ValidationException',
      'endpoint configuration',
    ],
    ['DescribeTransformJob', { TransformJobName: 'a' }, 'ResourceNotFound', 'Could not find'],
    ['DescribeTrainingJob', { TrainingJobName: 'a' }, 'ResourceNotFound', 'not found'],
    ['CreateNotebookInstance', {}, 'UnknownOperationException', 'is not known here'],
    ['toString', {}, 'UnknownOperationException', 'is not known here'],
  ])('%s %j is refused with %s', async (operation, request, type, says) => {
    const { status, body } = await call((await server).port, operation, request)
    expect([status, body['__type']]).toEqual([400, type])
    expect(body['message']).toBe(body['Message'])
    expect(body['message']).toContain(says)
  })

  it.each([
    [0, ['training'], 'greater than 0 and less than 1'],
    [1, ['training'], 'greater than 0 and less than 1'],
    [1.5, ['training'], "Value '1.5' at 'dataSplitConfig.validationFraction' failed to satisfy constraint"],
    [0.2, ['training', 'validation'], 'must not be set when there is a validation channel'],
  ] as const)(
    'a ValidationFraction of %d with channels %j is refused',
    async (ValidationFraction, types, says) => {
      // prettier-ignore
      const job = jobV2('a', 's3://bucket/train.csv', {}, { DataSplitConfig: { ValidationFraction } })
      const [channel] = job.AutoMLJobInputDataConfig
      const channels = types.map(ChannelType => ({ ...channel, ChannelType }))
      const { status, body } = await call((await server).port, 'CreateAutoMLJobV2', { ...job, AutoMLJobInputDataConfig: channels }) // prettier-ignore
      expect([status, body['__type']]).toEqual([400, 'ValidationException'])
      expect(body['message']).toContain(says)
    },
  )

  it('refuses what a page of another site could send without asking', async () => {
    const { port } = await server
    const post = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: '{}' }).then(({ status }) => status)
    const target = { 'x-amz-target': 'SageMaker.ListAutoMLJobs' }
    const type = { 'content-type': 'application/x-amz-json-1.1' }
    expect(await post({ ...target, ...type })).toBe(200)
    expect(await post({ ...target, 'content-type': 'text/plain' })).toBe(415)
    expect(await post({ ...target, ...type, origin: 'http://evil.example' })).toBe(403)
    expect((await fetch(`http://127.0.0.1:${port}/nowhere`)).status).toBe(404)
  })

  it('scores the trials of a job on the share of rows that ValidationFraction says, in both versions', async () => {
    const { port } = await server
    const split = { DataSplitConfig: { ValidationFraction: 0.3 } }
    const limits = { CompletionCriteria: { MaxCandidates: 1 }, Mode: 'HYPERPARAMETER_TUNING' }
    const two = jobV2('third', 's3://bucket/train.csv', limits, split)
    const { AutoMLJobInputDataConfig: channels, AutoMLProblemTypeConfig: _, ...common } = two
    const one = {
      ...common,
      AutoMLJobName: 'third-v1',
      InputDataConfig: [{ ...channels[0], TargetAttributeName: 'y' }],
      AutoMLJobConfig: split,
      GenerateCandidateDefinitionsOnly: true,
      DataSplitConfig: undefined,
    }
    expect((await call(port, 'CreateAutoMLJobV2', two)).status).toBe(200)
    expect((await call(port, 'CreateAutoMLJob', one)).status).toBe(200)
    for (const name of ['third', 'third-v1']) {
      expect((await until(port, name, 'Completed', 'Failed'))['AutoMLJobStatus']).toBe('Completed')
      const { folds } = openData(layout(join(root, '.glasspilot', 'experiments', name)))
      expect([folds.kind, folds.folds.map(({ validation }) => validation.length)]).toEqual(['holdout', [90]])
    }
    expect((await call(port, 'DescribeAutoMLJobV2', { AutoMLJobName: 'third' })).body).toMatchObject(split)
    const described = await call(port, 'DescribeAutoMLJob', { AutoMLJobName: 'third-v1' })
    expect(described.body).toMatchObject({ AutoMLJobConfig: split })
    const { outputs } = unpack(readFileSync(join(layout(join(root, '.glasspilot', 'experiments', 'third')).trial(0), 'outputs.bin'))) as { outputs: Float64Array } // prettier-ignore
    expect([90, 2 * 90]).toContain(outputs.length)
  })

  it('fails a job whose table cannot be used, with the reason', async () => {
    const { port } = await server
    await call(port, 'CreateAutoMLJobV2', jobV2('no-data', 's3://bucket/none.csv'))
    await call(
      port,
      'CreateAutoMLJobV2',
      jobV2('no-target', 's3://bucket/train.csv', { TargetAttributeName: 'nothing' }),
    )
    expect((await until(port, 'no-data', 'Failed'))['FailureReason']).toContain(
      'no object exists at s3://bucket/none.csv',
    )
    const failed = await until(port, 'no-target', 'Failed')
    expect(failed['FailureReason']).toContain('E_TARGET_NOT_FOUND')
    expect(failed['AutoMLJobSecondaryStatus']).toBe('Failed')
  })

  it('makes plans and notebooks alone when it is asked to', async () => {
    const { port } = await server
    await call(
      port,
      'CreateAutoMLJobV2',
      jobV2('pilot', 's3://bucket/train.csv', { GenerateCandidateDefinitionsOnly: true }),
    )
    const done = await until(port, 'pilot', 'Completed', 'Failed')
    expect(done).toMatchObject({
      AutoMLJobStatus: 'Completed',
      AutoMLJobSecondaryStatus: 'CandidateDefinitionsGenerated',
    })
    expect(done['BestCandidate']).toBeUndefined()
    const notebooks = Object.values(done['AutoMLJobArtifacts'] as Record<string, string>)
    for (const place of notebooks) expect(existsSync(place.replace('s3:/', root))).toBe(true)
    expect((await call(port, 'ListCandidatesForAutoMLJob', { AutoMLJobName: 'pilot' })).body).toEqual({
      Candidates: [],
    })
  })

  it('queues jobs, stops those that wait at once, and those that run in order', async () => {
    const { port } = await server
    const many = { CompletionCriteria: { MaxCandidates: 200 } }
    await call(port, 'CreateAutoMLJobV2', jobV2('runs', 's3://bucket/large.csv', many))
    await call(port, 'CreateAutoMLJobV2', jobV2('waits', 's3://bucket/train.csv'))
    expect((await call(port, 'StopAutoMLJob', { AutoMLJobName: 'waits' })).status).toBe(200)
    expect(await until(port, 'waits', 'Stopped')).toMatchObject({ AutoMLJobSecondaryStatus: 'Stopped' })
    await call(port, 'StopAutoMLJob', { AutoMLJobName: 'runs' })
    const stopped = await until(port, 'runs', 'Stopped', 'Completed', 'Failed')
    expect(stopped['AutoMLJobStatus']).toBe('Stopped')
  })
})

describe('a restart', () => {
  it('goes on with jobs that were not done, brings endpoints back and keeps what was made', async () => {
    const place = join(root, 'restart')
    mkdirSync(join(place, 'bucket'), { recursive: true })
    writeTable(join(place, 'bucket', 'train.csv'), 'binary', 400)
    const limits = (MaxCandidates: number) => ({ CompletionCriteria: { MaxCandidates } })
    const first = await start(place)
    await call(
      first.port,
      'CreateAutoMLJobV2',
      jobV2('small', 's3://bucket/train.csv', limits(1), { ModelDeployConfig: { EndpointName: 'live' } }),
    )
    await until(first.port, 'small', 'Completed')
    await call(first.port, 'CreateAutoMLJobV2', jobV2('long', 's3://bucket/train.csv', limits(6)))
    for (;;) {
      const { body } = await call(first.port, 'ListCandidatesForAutoMLJob', { AutoMLJobName: 'long' })
      if ((body['Candidates'] as unknown[]).length > 0) break
      await new Promise(done => setTimeout(done, 50))
    }
    await expect(start(place)).rejects.toMatchObject({ exit: 'locked' })
    await first.close()
    const second = await start(place)
    const done = await until(second.port, 'long', 'Completed', 'Failed')
    expect(done['FailureReason']).toBeUndefined()
    expect(done['AutoMLJobStatus']).toBe('Completed')
    const { body } = await call(second.port, 'ListCandidatesForAutoMLJob', {
      AutoMLJobName: 'long',
      MaxResults: 300,
    })
    expect((body['Candidates'] as unknown[]).length).toBeGreaterThanOrEqual(6)
    const [, line] = readFileSync(join(place, 'bucket', 'train.csv'), 'utf8').split('\n')
    const answer = await fetch(`http://127.0.0.1:${second.port}/endpoints/live/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: line!.replace(/,[^,]*$/, ''),
    })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringMatching(/^(yes|no)\n$/)])
    expect(
      (await call(second.port, 'CreateAutoMLJobV2', jobV2('SMALL', 's3://bucket/train.csv'))).body['__type'],
    ).toBe('ResourceInUse')
  })
})

describe('places', () => {
  const places = new Places(join(root, 'places'))

  it.each([
    's3://bucket/../x',
    's3://../x',
    's3://bucket/a/../../x',
    's3://bucket/a/./x',
    's3://bucket/a\\..\\x',
    's3://bucket/a\0',
    's3://Bucket/x',
    's3:///x',
    's3://b/x',
    's3://.glasspilot/jobs',
    'http://bucket/x',
    'bucket/x',
    'file://host/x',
  ])('%j is refused', uri => expect(() => places.path(uri)).toThrow())

  it('a link does not lead out', () => {
    mkdirSync(join(root, 'places', 'bucket'), { recursive: true })
    symlinkSync('/etc', join(root, 'places', 'bucket', 'out'))
    expect(() => places.path('s3://bucket/out/passwd')).toThrow('leads out')
  })

  it('a prefix is a file, a folder, or a common beginning', () => {
    const at = (...parts: string[]) => join(root, 'places', 'data', ...parts)
    mkdirSync(at('many', 'deep'), { recursive: true })
    for (const file of [
      ['one.csv'],
      ['many', 'b.csv'],
      ['many', 'a.csv'],
      ['many', 'deep', 'c.csv'],
      ['many', '.hidden'],
    ])
      writeFileSync(at(...file), 'x')
    expect(places.files('s3://data/one.csv')).toEqual([at('one.csv')])
    expect(places.files('s3://data/many/')).toEqual([
      at('many', 'a.csv'),
      at('many', 'b.csv'),
      at('many', 'deep', 'c.csv'),
    ])
    expect(places.files('s3://data/on')).toEqual([at('one.csv')])
    expect(places.files('s3://data/none')).toEqual([])
    expect(places.path('file:///tmp/x.csv')).toBe('/tmp/x.csv')
  })
})

describe('archives', () => {
  const all = () => true
  const files = [
    { name: 'model.json', bytes: Buffer.from('{}') },
    { name: 'model.onnx', bytes: Buffer.alloc(1000, 7) },
  ]

  it('hold what was packed, and the same files give the same bytes', () => {
    const archive = packTarGz(files)
    expect(unpackTarGz(archive, all)).toEqual(new Map(files.map(({ name, bytes }) => [name, bytes])))
    expect(packTarGz(files).equals(archive)).toBe(true)
    expect([...unpackTarGz(archive, name => name === 'model.json').keys()]).toEqual(['model.json'])
  })

  it('that are damaged or hold a name twice are refused', () => {
    expect(() => unpackTarGz(Buffer.from('no'), all)).toThrow('no gzip data')
    expect(() => unpackTarGz(packTarGz([files[0]!, files[0]!]), all)).toThrow('twice')
    expect([
      ...unpackTarGz(
        packTarGz([{ name: '../evil', bytes: Buffer.alloc(1) }]),
        name => name === 'evil',
      ).keys(),
    ]).toEqual([])
  })
})

describe('lists', () => {
  const items = Array.from({ length: 25 }, (_, i) => ({
    name: `job-${String(i).padStart(2, '0')}`,
    created: i,
    status: i % 2 ? 'Failed' : 'Completed',
  }))

  it('give every item once over their pages, whatever is made meanwhile', () => {
    const seen: string[] = []
    let token: string | undefined
    let all = items
    do {
      const { page, NextToken } = listPage(
        all,
        { MaxResults: 4, ...(token !== undefined && { NextToken: token }) },
        'CreationTime',
      )
      seen.push(...page.map(({ name }) => name))
      token = NextToken
      all = [...all, { name: `new-${all.length}`, created: 1000 + all.length, status: 'Completed' }]
    } while (token !== undefined)
    expect(seen).toEqual(items.map(({ name }) => name).reverse())
  })

  it('filter by name, status and time, and sort', () => {
    const names = (request: object) =>
      listPage(items, { MaxResults: 100, ...request }, 'Name').page.map(({ name }) => name)
    expect(names({ NameContains: '-1' })).toHaveLength(10)
    expect(names({ StatusEquals: 'Failed' })).toHaveLength(12)
    expect(names({ CreationTimeAfter: 20, CreationTimeBefore: 23 })).toEqual(['job-22', 'job-21'])
    expect(names({ SortOrder: 'Ascending' })[0]).toBe('job-00')
  })
})
