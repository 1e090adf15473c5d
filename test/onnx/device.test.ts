import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tabm } from '../../src/algorithms/tabm.ts'
import { predictModel } from '../../src/models/index.ts'
import { checkDevice, chooseDevice, DEVICE_VARIABLE, trainingDevice } from '../../src/onnx/device.ts'
import { defaults } from '../../src/params/space.ts'
import { fitContext, meanLoss } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

// The software Vulkan inside Debian's chromium package: slow, but a real WebGPU device for onnxruntime. Its libvulkan has to be
// found when the process starts: LD_LIBRARY_PATH=/usr/lib/chromium npx vitest run test/onnx/device
const FOLDER = '/usr/lib/chromium'
const DRIVER = join(FOLDER, 'vk_swiftshader_icd.json')
const software = existsSync(DRIVER) && (process.env['LD_LIBRARY_PATH'] ?? '').split(':').includes(FOLDER)
if (software) {
  process.env['VK_ICD_FILENAMES'] = DRIVER
  process.env['XDG_RUNTIME_DIR'] = mkdtempSync(join(tmpdir(), 'vulkan-'))
}

describe('the device that nets are trained on', () => {
  it('is the processor unless asked', async () => {
    expect(await chooseDevice('cpu')).toEqual({ device: 'cpu' })
    expect(trainingDevice()).toBe('cpu')
    expect(await checkDevice('cpu')).toEqual({ device: 'cpu', usable: true, found: 'computes' })
  })

  it('falls back to the processor with a reason in one line', async () => {
    const { device, note } = await chooseDevice('cuda')
    if (device === 'cuda') return expect(note).toBeUndefined() // this machine has one
    expect(device).toBe('cpu')
    expect(note).toMatch(/^nets are trained on the processor \(cuda: [^\n]+\)$/)
  })

  it.skipIf(!software)(
    'trains a net on WebGPU to the quality of the processor (needs chromium in LD_LIBRARY_PATH)',
    async () => {
      const { usable, found } = await checkDevice('webgpu')
      expect(found).toBe('computes')
      expect(usable).toBe(true)
      const data = toy('binary', { rows: 160, seed: 7 })
      const fit = async () => {
        const model = await tabm.fit(data, { ...defaults(tabm.space), epochs: 2 }, fitContext())
        return meanLoss(await predictModel(model, data.validation!.features), {
          task: 'binary',
          target: data.validation!.target,
        })
      }
      const ours = await fit()
      process.env[DEVICE_VARIABLE] = 'webgpu'
      try {
        expect(trainingDevice()).toBe('webgpu')
        expect(Math.abs((await fit()) - ours)).toBeLessThan(0.02)
      } finally {
        delete process.env[DEVICE_VARIABLE]
      }
    },
  )
})
