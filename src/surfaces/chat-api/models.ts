import { toJson } from '../../wire/bytes.ts'
import type { Assistant } from '../../core/chat/assistant.ts'
import type { ChatModel } from '../../contract/chat.ts'
import { sendJson } from '../door/answers.ts'
import type { RouteMatch } from '../door/server.ts'
import { ApiError } from './api-error.ts'
import { fail, untilLeft } from './answer.ts'

/** `GET /v1/models` and `GET /v1/models/{model}`. */
export function createModels(
  assistant: Assistant,
  onFault: (error: unknown) => void,
): (match: RouteMatch, wanted: string | undefined) => Promise<void> {
  return async ({ response, access }, wanted) => {
    try {
      const models = await assistant.models(access, untilLeft(response))
      const found = models.find(({ id }) => id === wanted)
      if (wanted !== undefined && !found) throw unknownModel(wanted)
      const told = found ? printModel(found) : { object: 'list', data: models.map(printModel) }
      sendJson(response, 200, toJson(told), ['Cache-Control', 'no-store'])
    } catch (error) {
      fail(response, error, onFault)
    }
  }
}

function unknownModel(model: string): ApiError {
  const message = `The model '${model}' does not exist or is not offered here.`
  return new ApiError({ status: 404, message, param: 'model', code: 'model_not_found' })
}

/** When a model was made is not known here. */
function printModel({ id, provider }: ChatModel): object {
  return { id, object: 'model', created: 0, owned_by: provider }
}
