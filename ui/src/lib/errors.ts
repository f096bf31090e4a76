import type { ApiError } from './bindings';

function isApiError(thrown: unknown): thrown is ApiError {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    'code' in thrown &&
    'message' in thrown &&
    'hint' in thrown
  );
}

/** Turns whatever was thrown into an `ApiError`, without repeating what an unknown one says. */
export function apiError(thrown: unknown): ApiError {
  if (isApiError(thrown)) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint };
  }
  return {
    code: 'internal',
    message: 'Something went wrong in the window.',
    hint: 'Try again. If it stays, lock the vault and start Keystead anew.',
  };
}
