import { availableParallelism } from 'node:os'
import process from 'node:process'
import { availableBytes, defaultWorkers } from '../backends/local/machine.ts'
import { VERSION } from '../job/version.ts'
import { withArena } from '../kernels/kernels.ts'
import { chooseEngine } from '../neural/engine.ts'
import { checkDevice } from '../onnx/device.ts'
import { loadRuntime } from '../onnx/session.ts'
import { messageOf } from '../util/errors.ts'
import { byteSize } from '../util/text.ts'
import { jsonOption, type CommandDefinition } from './command.ts'
import { table } from './table.ts'

interface Check {
  readonly name: string
  readonly ok: boolean
  readonly found: string
}

export const doctorCommand: CommandDefinition = {
  usage: 'doctor',
  summary: 'Check that this machine has what Glasspilot needs',
  options: [jsonOption()],
  async run({ options }, { print, columns }) {
    const checks: Check[] = [
      { name: 'glasspilot', ok: true, found: VERSION },
      {
        name: 'node',
        ok: Number(process.versions.node.split('.')[0]) >= 20,
        found: `${process.version} on ${process.platform}-${process.arch}`,
      },
      { name: 'cores', ok: true, found: `${availableParallelism()}, so ${defaultWorkers()} trials at once` },
      { name: 'memory', ok: availableBytes() > 1e9, found: `${byteSize(availableBytes())} free` },
      await check('onnxruntime', async () => {
        const ort = await loadRuntime()
        return `${ort.env.versions.common ?? 'loaded'}; runs on cpu`
      }),
      ...(await devices()),
      await check('tree kernels', () => withArena(() => 'WebAssembly SIMD')),
    ]
    if (options['json']) print(JSON.stringify(checks))
    else
      print(
        table(
          ['', 'part', 'found'],
          checks.map(({ ok, name, found }) => [ok ? '✓' : '✗', name, found]),
          columns,
          'lll',
        ),
      )
    return checks.every(({ ok }) => ok) ? 0 : 70
  },
}

/** Graphics processors and a second engine are welcome, not needed. */
async function devices(): Promise<Check[]> {
  const checks: Check[] = []
  for (const device of ['webgpu', 'cuda'] as const) {
    const { usable, found } = await checkDevice(device)
    const text = usable
      ? `usable: run --device ${device}`
      : `not usable, nets train on the processor: ${found}`
    checks.push({ name: `nets on ${device}`, ok: true, found: text })
  }
  const { engine, note } = await chooseEngine('tfjs')
  const found = engine === 'tfjs' ? `usable: run --nn-engine tfjs; ${note}` : `not usable: ${note}`
  checks.push({ name: 'nets by TensorFlow.js', ok: true, found })
  return checks
}

async function check(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, found: await look() }
  } catch (error) {
    return { name, ok: false, found: messageOf(error) }
  }
}
