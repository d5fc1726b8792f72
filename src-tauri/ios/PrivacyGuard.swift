import UIKit

/// What only UIKit can do for the people in the app: cover the screen before iOS takes its picture for the app
/// switcher, and keep the data folder out of iCloud and computer backups.
///
/// Copied into the generated project by `scripts/phone ios init`, which also makes `main.mm` call
/// `porchlight_guard()` before Rust starts.
final class PrivacyGuard: NSObject {
  private static let shared = PrivacyGuard()
  private var covers: [UIWindow] = []

  static func start() {
    let center = NotificationCenter.default
    center.addObserver(
      shared, selector: #selector(cover), name: UIApplication.willResignActiveNotification, object: nil)
    center.addObserver(
      shared, selector: #selector(captureChanged), name: UIScreen.capturedDidChangeNotification, object: nil)
    center.addObserver(
      shared, selector: #selector(uncover), name: UIApplication.didBecomeActiveNotification, object: nil)
    center.addObserver(
      shared, selector: #selector(excludeFromBackup),
      name: UIApplication.didFinishLaunchingNotification, object: nil)
  }

  /// A plain window above everything, the keyboard included.
  @objc private func cover() {
    guard covers.isEmpty else { return }
    for case let scene as UIWindowScene in UIApplication.shared.connectedScenes {
      let window = UIWindow(windowScene: scene)
      window.windowLevel = .alert + 1
      window.rootViewController = UIViewController()
      window.rootViewController?.view.backgroundColor = .systemBackground
      window.isHidden = false
      covers.append(window)
    }
  }

  /// Stays covered while the screen is being recorded or mirrored.
  @objc private func uncover() {
    guard !UIScreen.main.isCaptured else { return }
    covers.forEach { $0.isHidden = true }
    covers.removeAll()
  }

  @objc private func captureChanged() {
    UIScreen.main.isCaptured ? cover() : uncover()
  }

  @objc private func excludeFromBackup() {
    let support = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask)
    guard var folder = support.first else { return }
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var values = URLResourceValues()
    values.isExcludedFromBackup = true
    try? folder.setResourceValues(values)
  }
}

/// For `main.mm`, which is Objective-C++.
@_cdecl("porchlight_guard")
public func porchlightGuard() {
  PrivacyGuard.start()
}
