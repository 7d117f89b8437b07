import { useEffect } from 'react';

const SETTLED_MS = 200; // then a dialog has given back what it took, and a screen has come
const MOST = 8;
const GROUPS = 'section, form, [role=dialog], [role=group], .panel';

type Used = HTMLElement[]; // what had the focus, and all that it stood in

const isThere = (e: HTMLElement) => e.isConnected && !e.matches(':disabled') && e.checkVisibility();

// put gives an element the focus, which one that nothing is done with can have only from here.
function put(e: HTMLElement) {
  if (e.tabIndex < 0 && !e.hasAttribute('tabindex')) e.tabIndex = -1;
  e.focus({ preventScroll: true });
}

// nearest is where somebody is left whose place is gone: in what it stood in, else at what they used before, else at the heading.
function nearest(trail: Used[]) {
  const [[last, ...around], ...before] = trail;
  const heading = document.querySelector<HTMLElement>('main h1');
  if (last.matches('h1')) return heading;
  return around.find((e) => e.matches(GROUPS) && isThere(e)) ?? before.map(([e]) => e).find((e) => isThere(e) && !e.matches('h1')) ?? heading;
}

// useFocusKept keeps the focus on the page: when what had it is gone, as a button is that has done its work or a row that was removed, a browser forgets it, and whoever
// goes by the keyboard or by ear begins at the top again (WCAG 2.2, 2.4.3).
export function useFocusKept() {
  useEffect(() => {
    let trail: Used[] = [];
    let waits: ReturnType<typeof setTimeout> | undefined;
    let left: HTMLElement | undefined;
    let wasTaken = false; // from what is there still, while it waited for an answer
    const come = (event: FocusEvent) => {
      const path = event.composedPath().filter((e) => e instanceof HTMLElement && e !== document.body && e !== document.documentElement) as Used;
      if (path.length > 0) trail = [path, ...trail.filter(([e]) => e !== path[0])].slice(0, MOST);
      [left, wasTaken] = [undefined, false];
    };
    const look = () => {
      const [last] = trail[0] ?? [];
      if (!last || (document.activeElement && document.activeElement !== document.body) || !document.querySelector('main h1')) return;
      if (last.isConnected && last.matches(':disabled')) return void (wasTaken = last !== left); // it is given back when it can be
      if (last.isConnected && !wasTaken && last.checkVisibility()) return; // somebody has left it
      const next = last.isConnected && last.checkVisibility() ? last : nearest(trail);
      if (next) put(next);
    };
    const soon = () => {
      clearTimeout(waits);
      waits = setTimeout(look, SETTLED_MS);
    };
    const leave = () => { // whoever does something meanwhile is not brought back to what waits
      if (document.activeElement === document.body) [left, wasTaken] = [trail[0]?.[0], false];
    };
    const changes = new MutationObserver(soon);
    changes.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
    document.addEventListener('focusin', come);
    document.addEventListener('pointerdown', leave);
    document.addEventListener('keydown', leave);
    return () => {
      changes.disconnect();
      clearTimeout(waits);
      document.removeEventListener('focusin', come);
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('keydown', leave);
    };
  }, []);
}
