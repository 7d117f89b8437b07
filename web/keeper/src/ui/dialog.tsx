import { Modal } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

// Of the HTML standard, "Close requests"; TypeScript does not know it yet.
type Watcher = { onclose: (() => void) | null; destroy: () => void };
const { CloseWatcher } = window as unknown as { CloseWatcher?: new () => Watcher };

// useGoingBack has what is open closed by the button, or the gesture, with which a phone goes back, where the browser tells of it. Where there is a keyboard Escape
// does so already, and belongs to the innermost of what is open.
function useGoingBack(isOpen: boolean, close: () => void) {
  const isTouched = useMediaQuery('(pointer: coarse)');
  const now = useRef(close);
  now.current = close;
  useEffect(() => {
    if (!isOpen || !isTouched || !CloseWatcher) return;
    const watcher = new CloseWatcher();
    watcher.onclose = () => now.current();
    return () => watcher.destroy();
  }, [isOpen, isTouched]);
}

// Dialog is what is asked or told over a page, which is there again when it is closed.
export function Dialog({ opened, onClose, title, children }: { opened: boolean; onClose: () => void; title: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  useGoingBack(opened, onClose);
  return <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>{children}</Modal>;
}
