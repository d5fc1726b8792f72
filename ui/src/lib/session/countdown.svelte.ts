/** Counts down the time until a passphrase may be tried again. Starts anew when `since` changes. */
export function countdown(milliseconds: () => number, since: () => unknown): { readonly left: number; readonly words: string } {
  let left = $state(0);

  $effect(() => {
    void since();
    const until = Date.now() + milliseconds();
    const count = () => (left = Math.max(0, until - Date.now()));
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  });

  return {
    get left() {
      return left;
    },
    get words() {
      const seconds = Math.ceil(left / 1000);
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    },
  };
}
