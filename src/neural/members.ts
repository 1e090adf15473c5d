import type { Layer } from '../onnx/layers.ts'
import type { Network } from '../onnx/network.ts'

/** Rows that one row becomes inside the net. */
export const memberCount = ({ layers }: Network): number =>
  layers.reduce((count, layer) => (layer.kind === 'members' ? count * layer.members : count), 1)

/** The layers that are trained: each member for itself, without the mean at the end. */
export const trainedLayers = ({ layers }: Network): readonly Layer[] =>
  layers.filter(layer => layer.kind !== 'member-mean')
