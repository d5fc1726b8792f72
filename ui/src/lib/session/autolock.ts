/** How long the app may be out of sight. */
const HIDDEN = 30_000;
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/**
 * Locks after so many minutes without a touch, and half a minute after the app went out of sight. Timers sleep with
 * a phone, so the time that passed is looked at again when it wakes.
 */
export function autolock(minutes: number, lock: () => void): () => void {
  const idle = minutes * 60_000;
  let touched = Date.now();
  let hidden: number | null = null;

  const isOver = () => Date.now() - touched >= idle || (hidden !== null && Date.now() - hidden >= HIDDEN);
  const look = () => {
    if (isOver()) lock();
  };
  const touch = () => {
    if (isOver()) lock();
    else touched = Date.now();
  };
  const turn = () => {
    look();
    hidden = document.visibilityState === 'hidden' ? Date.now() : null;
  };

  for (const sign of SIGNS) addEventListener(sign, touch, { passive: true, capture: true });
  document.addEventListener('visibilitychange', turn);
  const timer = setInterval(look, 5_000);
  return () => {
    for (const sign of SIGNS) removeEventListener(sign, touch, { capture: true });
    document.removeEventListener('visibilitychange', turn);
    clearInterval(timer);
  };
}
