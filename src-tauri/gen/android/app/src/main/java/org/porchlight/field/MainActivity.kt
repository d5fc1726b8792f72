package org.porchlight.field

import android.os.Build
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import android.webkit.CookieManager
import android.webkit.WebSettings
import android.webkit.WebStorage
import android.webkit.WebView
import androidx.activity.enableEdgeToEdge
import androidx.core.view.ViewCompat
import androidx.core.view.WindowInsetsCompat
import androidx.core.view.updatePadding

/** The one activity: a webview that nobody else can look at, copy from or draw over. */
class MainActivity : TauriActivity() {
  override fun onCreate(savedInstanceState: Bundle?) {
    hideFromOthers()
    enableEdgeToEdge()
    super.onCreate(savedInstanceState)
    keepClearOfBarsAndKeyboard()
  }

  /** Called once the webview exists, before it shows anything. */
  override fun onWebViewCreate(webView: WebView) {
    super.onWebViewCreate(webView)
    // Records live in the vault alone. The webview gets no cookies and no cache, may not read files, and
    // whatever an earlier version left behind goes.
    CookieManager.getInstance().run {
      setAcceptCookie(false)
      removeAllCookies(null)
    }
    WebStorage.getInstance().deleteAllData()
    webView.clearCache(true)
    webView.clearFormData()
    webView.settings.run {
      cacheMode = WebSettings.LOAD_NO_CACHE
      allowFileAccess = false
      allowContentAccess = false
      setGeolocationEnabled(false)
    }
    webView.importantForAutofill = View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS
    webView.overScrollMode = View.OVER_SCROLL_NEVER
  }

  /** No screenshot, no recording, no picture in the list of recent apps, no taps through another app's overlay. */
  private fun hideFromOthers() {
    window.setFlags(WindowManager.LayoutParams.FLAG_SECURE, WindowManager.LayoutParams.FLAG_SECURE)
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
      setRecentsScreenshotEnabled(false)
    }
    window.decorView.filterTouchesWhenObscured = true
  }

  /**
   * Android draws apps edge to edge, where adjustResize alone no longer makes room for the keyboard, and older
   * webviews know no safe areas. So the room is made here, and the page fills what is left.
   */
  private fun keepClearOfBarsAndKeyboard() {
    ViewCompat.setOnApplyWindowInsetsListener(findViewById(android.R.id.content)) { content, insets ->
      val room = insets.getInsets(
        WindowInsetsCompat.Type.systemBars() or
          WindowInsetsCompat.Type.displayCutout() or
          WindowInsetsCompat.Type.ime()
      )
      content.updatePadding(room.left, room.top, room.right, room.bottom)
      WindowInsetsCompat.CONSUMED
    }
  }
}
