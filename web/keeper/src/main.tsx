import './api/storage';
import '@mantine/core/styles.css';
import './app.css';
import { createTheme, type CSSVariablesResolver, MantineProvider } from '@mantine/core';
import i18n from 'i18next';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app';
import { renewApp } from './api/client';
import { begin } from './api/session';
import { startTexts } from './text/text';

const theme = createTheme({
  colors: { dark: ['#dbe6e9', '#bccbd0', '#98abb1', '#647a82', '#3b5058', '#2b4047', '#1b2e35', '#12222a', '#0e1a1f', '#0a1418'] },
  primaryColor: 'teal', primaryShade: 9, defaultRadius: 'md', respectReducedMotion: true, autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif', cursorType: 'pointer',
  components: { Button: { defaultProps: { mih: 44 } }, TextInput: { defaultProps: { size: 'md' } }, PasswordInput: { defaultProps: () => ({ size: 'md', visibilityToggleButtonProps: { 'aria-label': i18n.t('showPassword') } }) }, Select: { defaultProps: { size: 'md', withScrollArea: false, checkIconPosition: 'right' } }, Autocomplete: { defaultProps: { size: 'md', withScrollArea: false } },
    Modal: { defaultProps: { centered: true, radius: 'lg' } }, Switch: { defaultProps: { withThumbIndicator: false } }, SegmentedControl: { defaultProps: { withItemsBorders: false } },
    ModalHeader: { defaultProps: { role: 'presentation' } }, // the page has its banner
  },
});

const hovered = { '--mantine-color-teal-filled-hover': '#056b4c', '--mantine-primary-color-filled-hover': '#056b4c' };

// The library's own greys, and its buttons under the pointer, are too pale to read (WCAG 2.2, 1.4.3).
const readable: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...hovered, '--mantine-color-teal-light-color': '#05664a', '--mantine-color-teal-light-hover': '#e3f3ee',
    '--mantine-color-dimmed': '#55626a', '--mantine-color-placeholder': '#66737b', '--mantine-color-error': '#b3261e',
  },
  dark: {
    ...hovered, '--mantine-color-teal-light-color': '#63e6be', '--mantine-color-red-light-color': '#ffa8a8',
    '--mantine-color-dimmed': '#a9b8be', '--mantine-color-placeholder': '#93a3aa', '--mantine-color-error': '#ffb4ab',
  },
});

// A screen that cannot be loaded belongs to another version of the app than the server has by now.
window.addEventListener('vite:preloadError', () => void renewApp());

await startTexts();
void begin();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={readable}>
      <BrowserRouter><App /></BrowserRouter>
    </MantineProvider>
  </StrictMode>,
);
