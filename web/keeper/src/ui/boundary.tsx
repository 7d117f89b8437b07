import { Button, Center, Stack, Title } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import i18n from 'i18next';

// Boundary keeps a fault of one screen from taking the others along.
export class Boundary extends Component<{ children: ReactNode; place?: string }, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError = () => ({ failed: true });

  componentDidUpdate({ place }: { place?: string }) {
    if (place !== this.props.place && this.state.failed) this.setState({ failed: false });
  }

  render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Center h="60vh" p="md">
        <Stack align="center" role="alert"><Title order={1} size="h4">{i18n.t('failed')}</Title><Button onClick={() => location.reload()}>{i18n.t('retry')}</Button></Stack>
      </Center>
    );
  }
}
