import { Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';

// StepTitle is the heading of one step of a screen. Whoever comes to the step is put before it, so that it is said and the next key goes on from there; and again
// when something has happened there, which `after` counts.
export function StepTitle({ size = 'h4', after = 0, children }: { size?: 'h3' | 'h4'; after?: number; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [after]);
  return <Title order={2} size={size} ref={heading} tabIndex={-1}>{children}</Title>;
}
