import { BackendError } from '../../util/errors.ts'
import type { Backend } from '../backend.ts'

/** The whole experiment as one AutoML job of the service. Nothing of it is loaded before it is chosen. */
export const sagemaker: Backend = {
  name: 'sagemaker',
  summary: 'as an AutoML job of Amazon SageMaker; needs an account, --role and --s3',
  openExecutor: async () => {
    throw new BackendError(
      'E_NO_EXECUTOR',
      'backend sagemaker runs experiments as a whole: single trials cannot be sent to it; leave --backend out to run them here',
      {
        exit: 'usage',
      },
    )
  },
  runElsewhere: async (store, prepared, services) =>
    (await import('./run.ts')).runOnSageMaker(store, prepared, services),
}
