import { type RefObject, useEffect, useRef } from 'react'

/** Whether what asks is gone from the page: whoever waits for an answer must not do anything then to what is shown instead. */
export function useLeft(): RefObject<boolean> {
  const left = useRef(false)
  useEffect(() => {
    left.current = false
    return () => {
      left.current = true
    }
  }, [])
  return left
}
